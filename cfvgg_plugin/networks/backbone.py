"""What the trackers need of a network, whichever it is, and students, less their mean image, run by torch."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.network import Tap
from cfvgg_plugin.networks.weights import Weights


class Backbone(Protocol):
    """A network with named taps that runs on image samples of any size."""

    @property
    def taps(self) -> tuple[str, ...]:
        """Names of its taps, the shallowest first."""

    @property
    def sha256(self) -> str:
        """Of its weights; part of the name of stored results."""

    @property
    def recipe(self) -> Mapping[str, Any]:
        """Where the weights come from; JSON values."""

    @property
    def backend(self) -> str:
        """What runs it: "torch", "onnx" (onnxruntime) or "openvino"."""

    def channels(self, tap: str) -> int:
        """Channels of a tap."""

    def stride(self, tap: str) -> int:
        """Input pixels from one cell of a tap to the next."""

    def map_size(self, tap: str, side: int) -> int:
        """Side of a tap's maps for a square input of `side` pixels."""

    def run(self, samples: NDArray[np.uint8], taps: Sequence[str]) -> dict[str, Tensor]:
        """Maps {tap: (N, C, h, w) float32} of samples (N, H, W, 3 or 1) uint8, grey ones as three equal channels."""


class MeasuredBackbone(ABC):
    """A network whose taps' geometry is known."""

    def channels(self, tap: str) -> int:
        """Channels of a tap."""
        return self._tap(tap).channels

    def stride(self, tap: str) -> int:
        """Input pixels from one cell of a tap to the next."""
        return self._tap(tap).stride

    def map_size(self, tap: str, side: int) -> int:
        """Side of a tap's maps for a square input of `side` pixels; arithmetic, nothing is run."""
        return self._tap(tap).size(side)

    @abstractmethod
    def _tap(self, name: str) -> Tap:
        """Geometry of a tap. Raises InputError for an unknown one."""


class WeightsBackbone(MeasuredBackbone):
    """A student with its mean image; a subclass runs it."""

    backend: str

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.geometry = weights.geometry
        self.taps = tuple(self.geometry.taps)
        self.sha256 = weights.sha256
        self.recipe = weights.recipe

    def run(self, samples: NDArray[np.uint8], taps: Sequence[str]) -> dict[str, Tensor]:
        """Maps {tap: (N, C, h, w) float32} of samples (N, H, W, 3 or 1) uint8.

        Raises InputError for an unknown tap or a sample that is too small.
        """
        self.geometry.check(samples.shape[1], samples.shape[2], taps)
        if samples.shape[3] == 1:
            samples = np.repeat(samples, 3, axis=3)
        return self._forward(samples, tuple(dict.fromkeys(taps))) if taps else {}

    def _tap(self, name: str) -> Tap:
        if name not in self.geometry.taps:
            raise InputError(f"unknown network tap {name!r}: choose from {', '.join(self.taps)}")
        return self.geometry.taps[name]

    @abstractmethod
    def _forward(self, samples: NDArray[np.uint8], taps: tuple[str, ...]) -> dict[str, Tensor]:
        """The same of checked samples (N, H, W, 3), for at least one tap."""


def check_device(device: str) -> None:
    """Raise InputError unless torch can use the device here, "cpu" or "cuda"."""
    if device != "cpu" and not (device == "cuda" and torch.cuda.is_available()):
        raise InputError(f"device {device}: not available to torch here; use cpu")


def resize_mean(mean: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Mean of a sample of `height` x `width` pixels, a mean image resized as MATLAB's `imresize` does.

    mean: (H, W, 3) mean image or (3,) channel means, RGB 0..255. Returns (height, width, 3) float32.

    The authors' trackers resize the 224x224 mean image to whatever size their samples have, by MATLAB's bicubic kernel
    (a = -0.5), widened when it shrinks the image, with mirrored borders. No installed library has exactly this (PIL and
    torch clip the kernel at the border instead of mirroring).
    """
    if mean.ndim == 1:  # spelt out: torch is slow at subtracting three numbers from every pixel
        return np.tile(mean, (height, width, 1))
    if mean.shape[:2] == (height, width):
        return mean
    rows, columns = _resize_matrix(mean.shape[0], height), _resize_matrix(mean.shape[1], width)
    resized: NDArray[np.float64] = np.einsum("ij,jkc,lk->ilc", rows, mean.astype(np.float64), columns, optimize=True)
    return resized.astype(np.float32)


def _resize_matrix(size: int, new_size: int) -> NDArray[np.float64]:
    """(new_size, size) matrix that resizes one axis."""
    scale = min(new_size / size, 1.0)  # below 1 the kernel is widened: antialiasing
    support = int(np.ceil(4 / scale)) + 2
    centre = (np.arange(new_size) + 0.5) * size / new_size - 0.5
    first = np.floor(centre - 2 / scale).astype(int)
    index = first[:, None] + np.arange(support)
    weights = _cubic((centre[:, None] - index) * scale)
    weights /= weights.sum(axis=1, keepdims=True)
    mirrored = np.concatenate([np.arange(size), np.arange(size)[::-1]])[index % (2 * size)]
    matrix = np.zeros((new_size, size))
    np.add.at(matrix, (np.arange(new_size)[:, None], mirrored), weights)
    return matrix


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic kernel with a = -0.5."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))


class TorchBackbone(WeightsBackbone):
    """A student run by torch."""

    backend = "torch"

    def __init__(self, weights: Weights, device: str = "cpu") -> None:
        """`device`: where the network runs, "cpu" or "cuda". Raises InputError where torch cannot use it."""
        super().__init__(weights)
        check_device(device)
        self._device = device
        # channels_last is what the samples are in memory, and what the CPU's convolutions like best
        self._network = weights.network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._mean = lru_cache(maxsize=8)(lambda h, w: torch.from_numpy(resize_mean(weights.mean, h, w)).to(device))

    def _forward(self, samples: NDArray[np.uint8], taps: tuple[str, ...]) -> dict[str, Tensor]:
        with torch.inference_mode():
            x = torch.from_numpy(samples).to(self._device).float().sub_(self._mean(*samples.shape[1:3]))
            maps: dict[str, Tensor] = self._network(x.permute(0, 3, 1, 2), taps)
            return {tap: value.cpu() for tap, value in maps.items()}


class GraphBackbone(WeightsBackbone):
    """A student as a graph that another program than torch runs (`networks/export.py` makes it).

    The mean stays outside of the graph: a mean image is resized to the sample as nothing but `resize_mean` does.
    """

    def __init__(self, weights: Weights) -> None:
        super().__init__(weights)
        self._mean = lru_cache(maxsize=8)(lambda h, w: resize_mean(weights.mean, h, w))

    def _forward(self, samples: NDArray[np.uint8], taps: tuple[str, ...]) -> dict[str, Tensor]:
        x = np.subtract(samples, self._mean(*samples.shape[1:3]), dtype=np.float32)
        return {tap: torch.from_numpy(maps) for tap, maps in zip(taps, self._infer(x, taps), strict=True)}

    @abstractmethod
    def _infer(self, x: NDArray[np.float32], taps: tuple[str, ...]) -> list[NDArray[np.float32]]:
        """Maps (N, C, h, w) of the taps, in their order, of samples (N, H, W, 3) without their mean."""
