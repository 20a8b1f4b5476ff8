"""VGG-M (Chatfield et al., BMVC 2014) up to conv5, at any width, with MatConvNet's geometry.

`width=1` is the teacher, `width=1/8` the paper's CF-VGG (figure 3). Layers, as MatConvNet counts them:

    conv1 7x7 stride 2, no padding; relu; LRN; max-pool 3x3 stride 2, padding [0 1 0 1] (bottom and right)
    conv2 5x5 stride 2, padding 1;  relu; LRN; max-pool 3x3 stride 2, padding [0 1 0 1]
    conv3, conv4, conv5 3x3 stride 1, padding 1; relu

The asymmetric padding of the pooling equals torch's `ceil_mode` for every input size. LRN is local response
normalisation across channels, AlexNet's formula with MatConvNet's constants (alpha is not divided by the window size):

    y_c = x_c * (kappa + alpha * sum_{|k - c| <= 2} x_k^2) ** -beta

The sum over neighbouring channels is a 1x1 convolution with a banded matrix, which the CPU runs as one matrix product,
and s^-0.75 = r * sqrt(r) with r = 1/sqrt(s) avoids the slow general power.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.network import Network


@dataclass(frozen=True)
class ConvShape:
    """One convolution of VGG-M."""

    filters: int
    """At width 1."""
    kernel: int
    """Side of the filters."""
    stride: int
    padding: int
    normalised: bool
    """Whether LRN and pooling follow."""


LAYERS = {
    "conv1": ConvShape(96, 7, 2, 0, True),
    "conv2": ConvShape(256, 5, 2, 1, True),
    "conv3": ConvShape(512, 3, 1, 1, False),
    "conv4": ConvShape(512, 3, 1, 1, False),
    "conv5": ConvShape(512, 3, 1, 1, False),
}
TAPS = tuple(LAYERS)
"""Maps as the trackers read them: after ReLU and, for conv1 and conv2, LRN (MatConvNet's norm1, norm2, relu3...)."""
RAW_TAPS = tuple(f"{name}_raw" for name in LAYERS)
"""Plain outputs of the convolutions, before ReLU, LRN and pooling, as the paper's losses read them."""
WINDOW, KAPPA, ALPHA, BETA = 5, 2.0, 1e-4, 0.75
"""Of the local response normalisation: channels that are summed, and the formula's constants."""


def width_for_compression(ratio: float) -> float:
    """Width of a student with about 1/`ratio` of the weights (paper, table III): 64 gives 1/8."""
    if not ratio >= 1:
        raise InputError(f"compression ratio {ratio}: must be at least 1 (the paper uses 1, 16, 32, 64 and 96)")
    return float(ratio**-0.5)


def channels_at(width: float) -> dict[str, int]:
    """Filters of every convolution at `width`, rounded to whole filters."""
    if not 0 < width <= 1:
        raise InputError(f"network width {width}: must be above 0 and at most 1 (VGG-M is 1, CF-VGG 0.125)")
    return {name: max(1, round(layer.filters * width)) for name, layer in LAYERS.items()}


@dataclass(frozen=True)
class Settings:
    """What tells one network of this shape from another."""

    width: float = 1 / 8
    """Filters, in units of VGG-M's: 1 is VGG-M, 1/8 CF-VGG."""

    def __post_init__(self) -> None:
        channels_at(self.width)

    def build(self) -> "VGGM":
        """A network with random weights."""
        return VGGM(self.width)


@lru_cache(maxsize=16)
def _band(channels: int, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    """Banded 1x1 kernel (C, C, 1, 1) and bias (C,): alpha times the window sum, plus kappa."""
    with torch.inference_mode(False):  # cached, so it must stay usable under autograd
        index = torch.arange(channels, device=device)
        near = (index[:, None] - index[None, :]).abs() <= WINDOW // 2
        kernel = (near.to(dtype) * ALPHA)[:, :, None, None]
        return kernel, torch.full((channels,), KAPPA, dtype=dtype, device=device)


def local_response_norm(x: Tensor) -> Tensor:
    """Normalise (N, C, H, W) float maps across channels; same shape, dtype and memory format."""
    kernel, bias = _band(int(x.shape[1]), x.dtype, x.device)  # a number even where torch traces the network
    root = F.conv2d(x * x, kernel, bias).rsqrt_()
    return (root * root.sqrt()).mul_(x)


class VGGM(Network):
    """The convolutional part of VGG-M at `width`; 103,760 parameters at width 1/8."""

    taps = TAPS
    raw_taps = RAW_TAPS

    def __init__(self, width: float = 1 / 8) -> None:
        super().__init__()
        self.settings = Settings(width)
        self.width = width
        self.channels = channels_at(width)
        inputs = 3
        for name, layer in LAYERS.items():
            outputs = self.channels[name]
            self.add_module(name, nn.Conv2d(inputs, outputs, layer.kernel, layer.stride, layer.padding))
            inputs = outputs

    def conv(self, name: str) -> nn.Conv2d:
        """The convolution of that name."""
        return cast(nn.Conv2d, self.get_submodule(name))

    def forward(self, x: Tensor, taps: Sequence[str] = ("conv5",)) -> dict[str, Tensor]:
        """Maps {tap: (N, C, h, w)} of x (N, 3, H, W) float, RGB 0..255 without the mean; runs to the deepest tap."""
        wanted = set(taps)
        maps: dict[str, Tensor] = {}
        for name, layer in LAYERS.items():
            raw = self.conv(name)(x)
            x = F.relu(raw, inplace=f"{name}_raw" not in wanted)
            if layer.normalised:
                x = local_response_norm(x)
            maps |= {tap: value for tap, value in ((name, x), (f"{name}_raw", raw)) if tap in wanted}
            if wanted <= maps.keys():
                break
            if layer.normalised:
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        return maps


def multiply_adds_at(network: VGGM, sizes: dict[str, tuple[int, int]]) -> int:
    """Multiply-adds of the convolutions (paper, equation 12) for maps of the given sizes."""
    total, inputs = 0, 3
    for name, layer in LAYERS.items():
        h, w = sizes[name]
        total += (inputs * layer.kernel**2 + 1) * h * w * network.channels[name]
        inputs = network.channels[name]
    return total


def prune(teacher: VGGM, width: float = 1 / 8, seed: int = 0) -> VGGM:
    """Student of `width` whose filters are a random choice of the teacher's (paper, section IV).

    At width 1/8 of a full teacher, 7/8 of every layer's filters go, and with them the matching input
    channels of the next layer. The kept filters stay in the teacher's order, because LRN couples
    neighbouring channels. The same seed gives the same student; the teacher is not changed.
    Raises InputError if the student would be wider than the teacher.
    """
    student = VGGM(width)
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.arange(3)
    with torch.no_grad():
        for name in LAYERS:
            have, want = teacher.channels[name], student.channels[name]
            if want > have:
                raise InputError(
                    f"cannot prune width {teacher.width} to {width}: {name} has {have} filters, {want} wanted"
                )
            kept = torch.randperm(have, generator=generator)[:want].sort().values
            source, target = teacher.conv(name), student.conv(name)
            target.weight.copy_(source.weight[kept][:, inputs])
            cast(Tensor, target.bias).copy_(cast(Tensor, source.bias)[kept])
            inputs = kept
    return student


def pruned(settings: Any, teacher: Network, seed: int) -> VGGM:
    """The student of some settings, pruned from a teacher. Raises InputError unless both are VGG-M's."""
    if not (isinstance(settings, Settings) and isinstance(teacher, VGGM)):
        raise InputError("init prune: is for VGG-M and students of its shape; take init = 'random'")
    return prune(teacher, settings.width, seed)
