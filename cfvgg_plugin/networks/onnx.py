"""Any network in an ONNX file, run by onnxruntime (with onnx, an optional extra).

A file serves if it has one input, N x 3 x H x W float RGB 0..255 with N, H and W free, and outputs that are maps: each
4-D float output is a tap under its name. Mean and scale of the input belong into the network.
"""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.backbone import MeasuredBackbone
from cfvgg_plugin.networks.backends import Runtime
from cfvgg_plugin.networks.network import Tap
from cfvgg_plugin.networks.onnx_file import measure_outputs, metadata_of, read_onnx
from cfvgg_plugin.system.extras import import_extra


class OnnxBackbone(MeasuredBackbone):
    """An ONNX file with named taps.

    path: the file. device: "cpu" or "cuda" (maps come back to the CPU either way). threads: of one run on the CPU.
    Raises InputError, naming the file, where it cannot serve, and where onnxruntime or the device is missing.
    """

    backend = "onnx"

    def __init__(self, path: str | Path, device: str = "cpu", threads: int = 1) -> None:
        self._path = Path(path)
        self._runtime = Runtime(f"network {path}", device, threads)
        file = read_onnx(self._path)
        self.sha256 = file.sha256
        self.recipe: dict[str, Any] = {"source": self._path.name, "format": "ONNX"}
        self._model = file.model
        self._whole = self._runtime.open(self._model.SerializeToString())
        self._input = _check_input(self._path, self._whole)
        if said := metadata_of(self._model):
            self.recipe["metadata"] = dict(said)
        self._parts: dict[frozenset[str], Any] = {}
        self._lock = Lock()
        taps = self._measure()
        self._taps = dict(sorted(taps.items(), key=lambda item: item[1].stride))  # stable: then as in the file
        self.taps = tuple(self._taps)

    def run(self, samples: NDArray[np.uint8], taps: Sequence[str]) -> dict[str, Tensor]:
        """Maps {tap: (N, C, h, w) float32} of samples (N, H, W, 3 or 1) uint8; nothing that they do not need is run."""
        names = [name for name in taps if self._tap(name)]
        if not names:
            return {}  # an empty list would mean all of them to onnxruntime
        session = self._part(frozenset(names))
        if samples.shape[3] == 1:
            samples = np.repeat(samples, 3, axis=3)
        x = np.ascontiguousarray(samples.transpose(0, 3, 1, 2), np.float32)
        return {
            name: torch.from_numpy(maps)
            for name, maps in zip(names, self._runtime.infer(session, x, names), strict=True)
        }

    def _tap(self, name: str) -> Tap:
        if name not in self._taps:
            raise InputError(f"unknown network tap {name!r}: {self._path} has {', '.join(self.taps)}")
        return self._taps[name]

    def _part(self, names: frozenset[str]) -> Any:
        """A session of what some taps need, kept: onnxruntime runs every node, whichever outputs are asked for."""
        with self._lock:  # threads that start at the same time would each open one
            if names not in self._parts:
                extractor = import_extra("onnx.utils", "onnx", "ONNX networks need").Extractor(self._model)
                try:
                    model = extractor.extract_model([self._input], sorted(names))
                    self._parts[names] = self._runtime.open(model.SerializeToString())
                except (InputError, ValueError):  # onnx does not look into branches and loops
                    self._parts[names] = self._whole
            return self._parts[names]

    def _measure(self) -> dict[str, Tap]:
        """Every output that is a map, from a few narrow probe runs."""
        names = [o.name for o in self._whole.get_outputs() if o.type == "tensor(float)" and len(o.shape) == 4]
        if not names:
            raise InputError(f"network {self._path}: no output is a 4-D float map; export the layers to tap as outputs")
        taps = measure_outputs(self._runtime, self._whole)
        if not taps:
            raise InputError(
                f"network {self._path}: no output has a map that grows with the image by whole strides "
                f"({', '.join(names)}); export convolutional layers as outputs"
            )
        return taps


def _check_input(path: Path, session: Any) -> str:
    """Name of the one input, N x 3 x H x W float with N, H and W free."""
    inputs = session.get_inputs()
    if len(inputs) == 1:
        shape = inputs[0].shape
        free = len(shape) == 4 and shape[1] == 3 and not any(isinstance(shape[axis], int) for axis in (0, 2, 3))
        if free and inputs[0].type == "tensor(float)":
            return str(inputs[0].name)
    found = "; ".join(f"{i.name} {i.type} {'x'.join(map(str, i.shape))}" for i in inputs) or "none"
    raise InputError(
        f"network {path}: its input is {found}; one of float N x 3 x H x W with N, H, W free is expected"
        "; 'cfvgg weights import' frees them"
    )
