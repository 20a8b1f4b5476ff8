"""Networks run by onnxruntime (with onnx, an optional extra): any in an ONNX file, and students.

A file serves if it has one input, N x 3 x H x W float RGB 0..255 with N, H and W free, and outputs that are maps: each
4-D float output is a tap under its name. Mean and scale of the input belong into the network.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.extras import import_extra
from cfvgg_plugin.networks.backbone import GraphBackbone
from cfvgg_plugin.networks.export import centred_model
from cfvgg_plugin.networks.geometry import PROBE, Tap, measure_taps
from cfvgg_plugin.networks.network import first_line
from cfvgg_plugin.networks.weights import Weights

DEVICES = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


class Runtime:
    """onnxruntime on one device.

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


class OnnxBackbone:
    """An ONNX file with named taps.

    path: the file. device: "cpu" or "cuda" (maps come back to the CPU either way). threads: of one run on the CPU.
    Raises InputError, naming the file, where it cannot serve, and where onnxruntime or the device is missing.
    """

    backend = "onnx"

    def __init__(self, path: str | Path, device: str = "cpu", threads: int = 1) -> None:
        self._path = Path(path)
        self._runtime = Runtime(f"network {path}", device, threads)
        try:
            content = self._path.read_bytes()
        except OSError as error:
            raise InputError(f"network {path}: {error.strerror or error}") from None
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.recipe: dict[str, Any] = {"source": self._path.name, "format": "ONNX"}
        self._whole = self._runtime.open(content)
        self._input = _check_input(self._path, self._whole)
        self._model = import_extra("onnx", "onnx", "ONNX networks need").load_model_from_string(content)
        if self._model.metadata_props:
            self.recipe["metadata"] = {entry.key: entry.value for entry in self._model.metadata_props}
        self._parts: dict[frozenset[str], Any] = {}
        taps = self._measure()
        self._taps = dict(sorted(taps.items(), key=lambda item: item[1].stride))  # stable: then as in the file
        self.taps = tuple(self._taps)

    def channels(self, tap: str) -> int:
        """Channels of a tap."""
        return self._tap(tap).channels

    def stride(self, tap: str) -> int:
        """Input pixels from one cell of a tap to the next."""
        return self._tap(tap).stride

    def map_size(self, tap: str, side: int) -> int:
        """Side of a tap's maps for a square input of `side` pixels; arithmetic, nothing is run."""
        return self._tap(tap).size(side)

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

        def shapes(side: int) -> dict[str, tuple[int, ...]]:
            maps = self._runtime.infer(self._whole, np.zeros((1, 3, side, PROBE), np.float32), names)
            return {name: found.shape for name, found in zip(names, maps, strict=True)}

        taps = measure_taps(shapes)
        if not taps:
            raise InputError(
                f"network {self._path}: no output has a map that grows with the image by whole strides "
                f"({', '.join(names)}); export convolutional layers as outputs"
            )
        return taps


def _provider(runtime: Any, device: str) -> str:
    """The execution provider of a device, if this onnxruntime has it."""
    if device not in DEVICES:
        raise InputError(f"device {device!r}: {' or '.join(DEVICES)} is expected")
    if DEVICES[device] not in runtime.get_available_providers():
        raise InputError(
            f"device {device}: this onnxruntime cannot use it (no {DEVICES[device]}): install onnxruntime-gpu instead"
        )
    return DEVICES[device]


def _check_input(path: Path, session: Any) -> str:
    """Name of the one input, N x 3 x H x W float with N, H and W free."""
    inputs = session.get_inputs()
    if len(inputs) == 1:
        shape = inputs[0].shape
        free = len(shape) == 4 and shape[1] == 3 and not any(isinstance(shape[axis], int) for axis in (0, 2, 3))
        if free and inputs[0].type == "tensor(float)":
            return str(inputs[0].name)
    found = "; ".join(f"{i.name} {i.type} {'x'.join(map(str, i.shape))}" for i in inputs) or "none"
    raise InputError(f"network {path}: its input is {found}; one of float N x 3 x H x W with N, H, W free is expected")
