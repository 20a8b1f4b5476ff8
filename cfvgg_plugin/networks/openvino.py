"""Students run by OpenVINO (with onnx, an optional extra)."""

from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.backbone import GraphBackbone
from cfvgg_plugin.networks.export import centred_model
from cfvgg_plugin.networks.weights import Weights
from cfvgg_plugin.system.extras import import_extra, openvino_core

SHAPES = 16
"""Shapes of samples and sets of taps whose compiled networks are kept; a tracker uses one or two."""


class OpenVINOBackbone(GraphBackbone):
    """A student run by OpenVINO on the CPU.

    A network is compiled for each shape of samples (a tenth of a second), which then runs nearly twice as fast as one
    compiled for all shapes. A request holds the maps of its last run, and those of one compiled network wait for each
    other: calls at the same time, from several threads, each compile a network of their own, which is kept for later
    calls. threads: of one run. Raises InputError where openvino or onnx is missing.
    """

    backend = "openvino"

    def __init__(self, weights: Weights, device: str = "cpu", threads: int = 1) -> None:
        super().__init__(weights)
        if device != "cpu":
            raise InputError(f"device {device}: OpenVINO runs on the cpu here; use --backend torch or onnx")
        if threads < 1:
            raise InputError(f"threads {threads}: at least 1 is needed")
        for module in ("openvino", "onnx"):
            import_extra(module, "openvino", "backend openvino needs")
        self._core = openvino_core()
        self._options = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32",  # where the processor has bfloat16 it would take that
        }
        self._idle: Callable[[tuple[int, ...], tuple[str, ...]], deque[Any]]
        self._idle = lru_cache(maxsize=SHAPES)(lambda shape, taps: deque())

    def _compile(self, shape: tuple[int, ...], taps: tuple[str, ...]) -> Any:
        model = self._core.read_model(centred_model(self.weights, taps))
        model.reshape(list(shape))
        return self._core.compile_model(model, "CPU", self._options).create_infer_request()

    def _infer(self, x: NDArray[np.float32], taps: tuple[str, ...]) -> list[NDArray[np.float32]]:
        idle = self._idle(x.shape, taps)
        try:
            request = idle.pop()
        except IndexError:
            request = self._compile(x.shape, taps)
        request.infer({0: x}, share_inputs=True)
        maps = [request.get_tensor(tap).data.copy() for tap in taps]  # the next run writes into the same memory
        idle.append(request)  # not after an error or Ctrl-C: it may still be running
        return maps
