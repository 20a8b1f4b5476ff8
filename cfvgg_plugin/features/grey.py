"""Grey values as a feature."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numba import njit
from torch import Tensor

from cfvgg_plugin.features.base import Samples
from cfvgg_plugin.networks.backbone import Backbone


@dataclass(frozen=True)
class GreyFeature:
    """One channel of grey values in -0.5..0.5, averaged over cells; its own extractor.

    Pixels are not rounded to whole grey levels on the way: 0.4 % of the range is enough to change a choice of scale.
    """

    cell: int = 1
    """Side of a cell in sample pixels."""
    needs_network: ClassVar[bool] = False
    channels: ClassVar[int] = 1

    @property
    def stride(self) -> int:
        """One cell."""
        return self.cell

    def build(self, backbone: Backbone | None) -> "GreyFeature":
        """Itself: grey values have no state."""
        return self

    def extract(self, samples: Samples) -> Tensor:
        """(N, H, W, 3 or 1) uint8 to (N, 1, H // cell, W // cell) float32."""
        count, height, width, channels = samples.shape
        out = np.zeros((count, 1, height // self.cell, width // self.cell), np.float32)
        # luma of ITU-R BT.601, as MATLAB's rgb2gray inverts it
        weights = np.array([0.298936021, 0.587043074, 0.114020904] if channels == 3 else [1.0])
        _average(samples, (weights / (255 * self.cell**2)).astype(np.float32), self.cell, out[:, 0])
        return torch.from_numpy(out)


@njit(cache=True, nogil=True, fastmath=True)
def _average(samples, weights, cell, out):  # type: ignore[no-untyped-def]
    """Weighted sums over cells, less one half, into `out` (N, h, w)."""
    count, rows, columns = out.shape
    line = np.empty(columns * cell * weights.size, np.int32)
    for n in range(count):
        for y in range(rows):
            line[:] = 0
            for i in range(cell):
                pixels = samples[n, y * cell + i].reshape(-1)
                for x in range(line.size):
                    line[x] += pixels[x]
            for x in range(columns):
                total = np.float32(-0.5)
                first = x * cell * weights.size
                for i in range(cell):
                    for c in range(weights.size):
                        total += line[first + i * weights.size + c] * weights[c]
                out[n, y, x] = total
