"""Grey values as a feature."""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from cfvgg_plugin.features.base import Samples
from cfvgg_plugin.networks.backbone import Backbone


@dataclass(frozen=True)
class GrayFeature:
    """One channel of grey values in -0.5..0.5, averaged over cells; its own extractor."""

    cell: int = 1
    """Side of a cell in sample pixels."""
    needs_network: ClassVar[bool] = False
    channels: ClassVar[int] = 1

    @property
    def stride(self) -> int:
        """One cell."""
        return self.cell

    def build(self, backbone: Backbone | None) -> "GrayFeature":
        """Itself: grey values have no state."""
        return self

    def extract(self, samples: Samples) -> Tensor:
        """(N, H, W, 3 or 1) uint8 to (N, 1, H // cell, W // cell) float32."""
        gray = [s[:, :, 0] if s.shape[2] == 1 else cv2.cvtColor(s, cv2.COLOR_RGB2GRAY) for s in samples]
        maps = torch.from_numpy(np.stack(gray)[:, None]).float() / 255 - 0.5
        return F.avg_pool2d(maps, self.cell) if self.cell > 1 else maps
