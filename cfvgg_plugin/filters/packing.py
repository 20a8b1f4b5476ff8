"""Filters and samples of all feature blocks as one flat array, ordered by frequency.

The blocks' series have different sizes, and each is the low-frequency part of the largest. Frequency f of the largest
series therefore holds the channels of the first n(f) blocks, when blocks are sorted by size, largest first. A packed
array has P = sum of K*L*channels complex values: for every frequency, row by row, the channels of its blocks side by
side. All that belongs to one frequency, and all samples of one value, thus lie together, as the solver reads them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Complex = NDArray[np.complex64]


@dataclass(frozen=True)
class Group:
    """The blocks of one size, whose channels stand one behind the other at every frequency that they have."""

    size: int
    channels: int
    places: NDArray[np.int32]
    """(K * L,) position of the first channel of every frequency in a packed array, (K, L) row by row."""


@dataclass(frozen=True)
class Packing:
    """Where every value of the blocks' series stands in a packed array."""

    sizes: tuple[int, ...]
    """Odd side K of each block's series, in the blocks' own order."""
    channels: tuple[int, ...]
    """Channels of each block."""
    start: NDArray[np.int32]
    """(F + 1,) first packed value of every frequency of the largest series, (K, L) row by row."""
    order: NDArray[np.int64]
    """(P,) position of every packed value in the blocks' series laid end to end."""
    inverse: NDArray[np.int64]
    """(P,) the reverse."""
    weights: NDArray[np.float32]
    """(P,) 2 where the conjugate half has the value again, 1 where the horizontal frequency is 0."""
    groups: tuple[Group, ...]
    """Blocks by size, the largest first."""

    @property
    def size(self) -> int:
        """Side of the largest series, and of the score."""
        return max(self.sizes)

    @property
    def length(self) -> int:
        """Number P of packed values."""
        return len(self.order)

    def pack(self, blocks: Sequence[Tensor]) -> Complex:
        """Blocks (channels, K, L) complex to (P,) complex64."""
        flat: Complex = torch.cat([block.reshape(-1) for block in blocks]).numpy()
        return flat[self.order]

    def unpack(self, packed: Complex) -> list[Tensor]:
        """(P,) to blocks (channels, K, L)."""
        flat = torch.from_numpy(packed[self.inverse])
        lengths = [c * k * (k // 2 + 1) for c, k in zip(self.channels, self.sizes, strict=True)]
        shapes = [(c, k, k // 2 + 1) for c, k in zip(self.channels, self.sizes, strict=True)]
        return [part.reshape(shape) for part, shape in zip(torch.split(flat, lengths), shapes, strict=True)]


def make_packing(sizes: Sequence[int], channels: Sequence[int]) -> Packing:
    """The packing of blocks of odd series sizes and numbers of channels."""
    largest = max(sizes)
    keys = []
    by_size = sorted(range(len(sizes)), key=lambda b: -sizes[b])
    offset = 0
    for block, (size, count) in enumerate(zip(sizes, channels, strict=True)):
        margin = (largest - size) // 2
        channel, row, column = np.indices((count, size, size // 2 + 1)).reshape(3, -1)
        frequency = (row + margin) * (largest // 2 + 1) + column
        rank = np.full(frequency.size, by_size.index(block))
        keys.append(np.stack([frequency, rank, channel, column, np.arange(offset, offset + frequency.size)]))
        offset += frequency.size
    frequency, rank, channel, column, position = np.concatenate(keys, axis=1)
    sort = np.lexsort((channel, rank, frequency))
    order = position[sort]
    start = np.searchsorted(frequency[sort], np.arange(largest * (largest // 2 + 1) + 1)).astype(np.int32)
    weights = np.where(column[sort] == 0, 1, 2).astype(np.float32)
    groups, before = [], 0
    for size in sorted(set(sizes), reverse=True):
        margin, count = (largest - size) // 2, sum(c for s, c in zip(sizes, channels, strict=True) if s == size)
        rows, columns = np.indices((size, size // 2 + 1)).reshape(2, -1)
        groups.append(Group(size, count, start[(rows + margin) * (largest // 2 + 1) + columns] + before))
        before += count
    return Packing(tuple(sizes), tuple(channels), start, order, np.argsort(order), weights, tuple(groups))
