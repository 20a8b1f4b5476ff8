"""The programs that can run networks, each an optional extra but torch: onnxruntime and OpenVINO."""

import importlib
from collections import deque
from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.backbone import GraphBackbone, TorchBackbone, WeightsBackbone
from cfvgg_plugin.networks.export import centred_model
from cfvgg_plugin.networks.network import first_line
from cfvgg_plugin.networks.weights import Weights
from cfvgg_plugin.system.extras import import_extra, openvino_core

BACKENDS = ("torch", "onnx", "openvino")
NEEDED = {"onnx": ("onnxruntime", "onnx"), "openvino": ("openvino", "onnx")}
"""Packages of the backends that are faster than torch, the fastest within a tracker first (alone OpenVINO is)."""
DEVICES = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
SHAPES = 16
"""Shapes of samples and sets of taps whose compiled networks are kept; a tracker uses one or two."""


def fastest(device: str = "cpu") -> str:
    """The fastest of BACKENDS that is installed and loads; torch where the network does not run on the processor."""
    found = (name for name, modules in NEEDED.items() if all(map(_loads, modules)))
    return next(found, "torch") if device == "cpu" else "torch"


@cache
def _loads(module: str) -> bool:
    """Whether it can be imported: one that is installed may lack a library of the system."""
    try:
        importlib.import_module(module)
    except Exception:
        return False
    return True


def bind(weights: Weights, backend: str = "torch", device: str = "cpu") -> WeightsBackbone:
    """The network as one of BACKENDS runs it, with torch's number of threads; "auto" is the fastest that is installed.

    Raises InputError for another name, for a backend that is not installed, and for a device that it cannot use.
    """
    threads = torch.get_num_threads()
    makers: dict[str, Callable[[Weights, str], WeightsBackbone]] = {
        "torch": TorchBackbone,
        "onnx": partial(ORTBackbone, threads=threads),
        "openvino": partial(OpenVINOBackbone, threads=threads),
    }
    backend = fastest(device) if backend == "auto" else backend
    if backend not in makers:
        raise InputError(f"backend {backend!r}: auto, {', '.join(BACKENDS)} are known")
    return makers[backend](weights, device)


class Runtime:
    """onnxruntime on one device, with our options, and its errors in one line.

    what: the network's name in messages. device: "cpu" or "cuda". threads: of one run on the CPU.
    Raises InputError where onnxruntime or the device is missing.
    """

    def __init__(self, what: str, device: str, threads: int) -> None:
        self._what, self._threads = what, threads
        self._module = import_extra("onnxruntime", "onnx", "ONNX networks need")
        self._provider = _provider(self._module, device)
        if threads < 1:
            raise InputError(f"threads {threads}: at least 1 is needed")

    def open(self, content: bytes) -> Any:
        """A session of a serialised model."""
        options = self._module.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong is raised, and told in one line
        try:
            session = self._module.InferenceSession(content, options, providers=[self._provider])
        except Exception as error:  # onnxruntime has no common base of its errors
            raise InputError(
                f"{self._what}: not an ONNX model, damaged, or unsupported ({first_line(error)})"
            ) from None
        if self._provider not in session.get_providers():  # it falls back to the CPU where its libraries do not load
            raise InputError(f"device cuda: {self._provider} does not start here: check the driver, CUDA and cuDNN")
        return session

    def infer(self, session: Any, x: NDArray[np.float32], names: list[str]) -> list[NDArray[np.float32]]:
        """The named outputs for the one input, whose last two axes are called height and width in an error."""
        try:
            maps: list[NDArray[np.float32]] = session.run(names, {session.get_inputs()[0].name: x})
        except Exception as error:  # onnxruntime has no common base of its errors
            raise InputError(
                f"{self._what}: cannot run on {x.shape[0]} samples of {x.shape[3]} x {x.shape[2]} pixels "
                f"({first_line(error)})"
            ) from None
        return maps


def _provider(runtime: Any, device: str) -> str:
    """The execution provider of a device, if this onnxruntime has it."""
    if device not in DEVICES:
        raise InputError(f"device {device!r}: {' or '.join(DEVICES)} is expected")
    if DEVICES[device] not in runtime.get_available_providers():
        raise InputError(
            f"device {device}: this onnxruntime cannot use it (no {DEVICES[device]}): install onnxruntime-gpu instead"
        )
    return DEVICES[device]


class ORTBackbone(GraphBackbone):
    """A student run by onnxruntime.

    device: "cpu" or "cuda". threads: of one run on the CPU. Raises InputError where onnxruntime, onnx or the device is
    missing.
    """

    backend = "onnx"

    def __init__(self, weights: Weights, device: str = "cpu", threads: int = 1) -> None:
        super().__init__(weights)
        import_extra("onnx", "onnx", "backend onnx needs")
        self._runtime = Runtime("backend onnx", device, threads)
        self._session = lru_cache(maxsize=None)(lambda taps: self._runtime.open(centred_model(weights, taps)))

    def _infer(self, x: NDArray[np.float32], taps: tuple[str, ...]) -> list[NDArray[np.float32]]:
        return self._runtime.infer(self._session(taps), x, list(taps))


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
