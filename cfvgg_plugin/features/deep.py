"""One layer of a network as a feature."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features.base import Samples
from cfvgg_plugin.networks.backbone import Backbone


@dataclass(frozen=True)
class DeepFeature:
    """The maps of one network tap."""

    tap: str
    """VGG-M and its students: conv1 ... conv5 (after ReLU, and LRN for the first two) or conv1_raw ... conv5_raw."""
    cell: int = 0
    """Pixels of a cell after averaging, where a tracker combines features (fKCF does not); maps that are as coarse stay
    as they are, and so do all for 0."""
    needs_network: ClassVar[bool] = True

    def build(self, backbone: Backbone | None) -> "DeepExtractor":
        """Bind the network. Raises InputError without one or for an unknown tap."""
        return DeepExtractor(check_tap(self.tap, backbone), self.tap)

    def pool(self, stride: int) -> int:
        """Cells of `stride` pixels that are averaged along each side."""
        return max(self.cell // stride, 1)


class DeepExtractor:
    """Runs a network up to one tap; the input size is free."""

    def __init__(self, backbone: Backbone, tap: str) -> None:
        self.tap = tap
        self.channels = backbone.channels(tap)
        self.stride = backbone.stride(tap)
        self._backbone = backbone

    def extract(self, samples: Samples) -> Tensor:
        """(N, H, W, 3 or 1) uint8 to (N, channels, h, w) float32."""
        return self._backbone.run(samples, (self.tap,))[self.tap]


def check_tap(tap: str, backbone: Backbone | None) -> Backbone:
    """The backbone, if it has the tap; else InputError."""
    if backbone is None:
        raise InputError(f"feature {tap} needs network weights")
    if tap not in backbone.taps:
        raise InputError(f"unknown network tap {tap!r}: this network has {', '.join(backbone.taps)}")
    return backbone
