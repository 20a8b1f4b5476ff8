"""Soft histograms of grey values as a feature, and the look-up of pixels in a table of features.

A grey value falls into `bins` overlapping bins, spread over 0..255 with quadratic B-splines as their shape (channel
coding: Felsberg, Forssén and Scharr, "Channel smoothing", TPAMI 2006). The memberships sum to one, so their common
direction says nothing; the feature is what remains, in an orthonormal basis. This is what ECO (Danelljan et al.,
CVPR 2017) calls intensity channels, which it uses on grey images in the place of Color Names.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import cv2
import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features.base import Samples
from cfvgg_plugin.networks.backbone import Backbone


@dataclass(frozen=True)
class IntensityFeature:
    """Soft bins of grey values in `bins` - 1 orthonormal channels, averaged over cells; its own extractor."""

    cell: int = 4
    """Side of a cell in sample pixels."""
    bins: int = 6
    """Bins of the histogram, at least 3."""
    needs_network: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.cell < 1 or self.bins < 3:
            raise InputError(f"intensity cell {self.cell}, bins {self.bins}: at least 1 and 3 are needed")

    @property
    def channels(self) -> int:
        """One less than bins."""
        return self.bins - 1

    @property
    def stride(self) -> int:
        """One cell."""
        return self.cell

    def build(self, backbone: Backbone | None) -> "IntensityFeature":
        """Itself: the table is computed once for all."""
        return self

    def extract(self, samples: Samples) -> Tensor:
        """(N, H, W, 3 or 1) uint8 to (N, bins - 1, H // cell, W // cell) float32; colours become grey first."""
        table = intensity_table(self.bins)
        grey = [s[:, :, 0] if s.shape[2] == 1 else cv2.cvtColor(s, cv2.COLOR_RGB2GRAY) for s in samples]
        return torch.from_numpy(np.stack([cell_means(g.astype(np.int32), table, self.cell) for g in grey]))


@lru_cache(maxsize=8)
def intensity_table(bins: int) -> NDArray[np.float32]:
    """(256, bins - 1) float32: the feature of every grey value; read-only.

    The bins are one apart; 0 and 255 lie half-way between the two outermost at either end, so that every grey value
    meets exactly two or three bins and their memberships sum to one.
    """
    position = 0.5 + (bins - 2) * np.arange(256) / 255
    distance = np.abs(position[:, None] - np.arange(bins))
    inner, outer = 0.75 - distance**2, np.maximum(1.5 - distance, 0) ** 2 / 2
    table = (np.where(distance < 0.5, inner, outer) @ balanced_basis(bins)).astype(np.float32)
    table.setflags(write=False)
    return table


def balanced_basis(count: int) -> NDArray[np.float64]:
    """(count, count - 1): an orthonormal basis of the vectors that sum to zero, of a balanced Haar tree.

    Neighbours are compared in pairs, then pairs of these, and so on; what is left over at the end of a level goes up
    to the next. A column is the mean of one group against that of another, positive for the first; columns are
    sorted by how many entries they compare.
    """
    groups = [np.eye(count)[i] for i in range(count)]  # indicators
    columns = []
    while len(groups) > 1:
        pairs = list(zip(groups[::2], groups[1::2], strict=False))
        for first, second in pairs:
            a, b = first.sum(), second.sum()
            columns.append(np.sqrt(a * b / (a + b)) * (first / a - second / b))
        groups = [first + second for first, second in pairs] + groups[2 * len(pairs) :]
    return np.stack(sorted(columns, key=np.count_nonzero), axis=1)


CHUNK = 5
"""Channels that are averaged at a time, in registers."""


def cell_means(index: NDArray[np.int32], table: NDArray[np.float32], cell: int) -> NDArray[np.float32]:
    """(C, H // cell, W // cell) float32: the mean table row of every cell.

    index: (H, W) rows of the table, all in range; table: (rows, C) float32 in C order. Pixels beyond the last whole
    cell at the right and the bottom are left out.
    """
    (height, width), channels = index.shape, table.shape[1]
    if channels < CHUNK:
        table = np.pad(table, ((0, 0), (0, CHUNK - channels)))
    rows = np.ascontiguousarray(index).view(np.uint32)  # unsigned: no index counts from the end
    means = np.empty((table.shape[1], height // cell, width // cell), np.float32)
    for first in range(0, table.shape[1], CHUNK):
        _cell_means(rows, table, min(first, table.shape[1] - CHUNK), cell, means)
    return means[:channels]


@njit(cache=True, nogil=True, fastmath=True)
def _cell_means(index, table, first, cell, means):  # type: ignore[no-untyped-def]
    """CHUNK channels of the means, from `first` on."""
    _, rows, columns = means.shape
    scale = np.float32(1.0 / (cell * cell))
    for row in range(rows):
        for column in range(columns):
            t0 = t1 = t2 = t3 = t4 = np.float32(0.0)
            for y in range(row * cell, (row + 1) * cell):
                for x in range(column * cell, (column + 1) * cell):
                    entry = index[y, x]
                    t0 += table[entry, first]
                    t1 += table[entry, first + 1]
                    t2 += table[entry, first + 2]
                    t3 += table[entry, first + 3]
                    t4 += table[entry, first + 4]
            means[first, row, column] = t0 * scale
            means[first + 1, row, column] = t1 * scale
            means[first + 2, row, column] = t2 * scale
            means[first + 3, row, column] = t3 * scale
            means[first + 4, row, column] = t4 * scale
