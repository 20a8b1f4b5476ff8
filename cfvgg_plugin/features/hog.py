"""FHOG as a feature of the trackers."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from cfvgg_plugin.features.base import Samples
from cfvgg_plugin.features.fhog import CHANNELS, fhog_of_each
from cfvgg_plugin.networks.backbone import Backbone


@dataclass(frozen=True)
class HOGFeature:
    """31-channel FHOG; its own extractor."""

    cell: int = 4
    """Side of a cell in sample pixels."""
    needs_network: ClassVar[bool] = False
    channels: ClassVar[int] = CHANNELS

    @property
    def stride(self) -> int:
        """One cell."""
        return self.cell

    def build(self, backbone: Backbone | None) -> "HOGFeature":
        """Itself: FHOG has no state."""
        return self

    def extract(self, samples: Samples) -> Tensor:
        """(N, H, W, 3 or 1) uint8 to (N, 31, H // cell, W // cell) float32."""
        return torch.from_numpy(fhog_of_each(samples, self.cell))
