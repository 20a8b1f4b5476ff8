"""A student for one processor core: small early maps, plain convolutions, a deep map of stride 8 and one of 16.

    conv1  6x6 stride 2, ReLU, mean of 2x2, x / (x + 1/2)   stride 4
    conv2  4x4 stride 2, ReLU                               stride 8
    conv3  3x3, ReLU                                        stride 8
    conv4  4x4 stride 2, ReLU, 3x3, ReLU                    stride 16
    conv5  3x3, ReLU                                        stride 16

Even kernels where a layer strides, so that every map stands centred in the sample and has side // stride cells. The
saturation bounds what bright edges weigh beside faint ones, which VGG-M's local response normalisation does at a third
of the network's time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import torch.nn.functional as F
from msgspec import Meta
from torch import Tensor, nn

from cfvgg_plugin.networks.network import Network

SCALE = 1 / 57.0
"""Of the input: about one over the standard deviation of photographs."""
HALF = 0.5
"""What conv1 has to say for half of its saturation."""

Channels = Annotated[int, Meta(ge=1, le=4096)]


@dataclass(frozen=True)
class Settings:
    """What tells one network of this shape from another: channels."""

    conv1: Channels = 16
    conv2: Channels = 32
    conv3: Channels = 64
    conv4: Channels = 64
    conv5: Channels = 64

    def build(self) -> "Compact":
        """A network with random weights."""
        return Compact(self)


class Compact(Network):
    """167,920 parameters at the default channels."""

    taps = ("conv1", "conv2", "conv3", "conv4", "conv5")

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.conv1 = nn.Conv2d(3, settings.conv1, 6, 2, 2)
        self.conv2 = nn.Conv2d(settings.conv1, settings.conv2, 4, 2, 1)
        self.conv3 = nn.Conv2d(settings.conv2, settings.conv3, 3, 1, 1)
        self.conv4 = nn.Sequential(
            nn.Conv2d(settings.conv3, settings.conv4, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(settings.conv4, settings.conv4, 3, 1, 1),
        )
        self.conv5 = nn.Conv2d(settings.conv4, settings.conv5, 3, 1, 1)

    def forward(self, x: Tensor, taps: Sequence[str]) -> dict[str, Tensor]:
        """Maps {tap: (N, C, h, w)} of x (N, 3, H, W) float, RGB 0..255 without the mean; runs to the deepest tap."""
        maps: dict[str, Tensor] = {}
        x = x * SCALE
        for name in self.taps:
            x = F.relu(self.get_submodule(name)(x))
            if name == "conv1":
                x = F.avg_pool2d(x, 2)
                x = x / (x + HALF)
            if name in taps:
                maps[name] = x
            if len(maps) == len(set(taps)):
                break
        return maps
