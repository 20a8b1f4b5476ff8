"""All samples with fading weights, by their mean and second moments: what the filter's normal equations need of them.

ECO keeps a few dozen samples, merges those that are alike and reads them all for every product with the normal
matrix. But sum_j w_j conj(x_j) (x_j . h) is at every frequency the product with a small matrix, the sum of w_j
conj(x_j) x_j^T. It can be kept in the samples' place: nothing is merged or forgotten before its time, a product takes
a fifth of the time, and a new sample costs nothing until the filter is trained.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cfvgg_plugin.filters.conjugate_gradient import Vector

helper = njit(cache=True, nogil=True, fastmath=True, forceinline=True)
"""Of what `_product` calls. Where LLVM leaves a call, the process that compiles takes another copy of the function than
one that loads the cache, and their last bits differ."""
CHUNK = 336
"""Frequencies whose second moments are taken in at a time; powers of two make the cache's lines collide."""


@dataclass
class _Group:
    """The frequencies that have equally many channels."""

    starts: NDArray[np.int32]
    """(F,) first packed value of each."""
    channels: int
    second: NDArray[np.complex64]
    """(n (n + 1) / 2, F) sum_j w_j conj(x_ja) x_jb for a <= b, row by row of the upper triangle."""


@dataclass
class Moments:
    """Weighted mean and second moments of packed samples (P,)."""

    mean: Vector
    groups: list[_Group]
    recent: list[tuple[Vector, float]]
    """Samples that are not in the moments yet, with their weights, the oldest first."""
    empty: bool = True

    def add(self, sample: Vector, rate: float) -> None:
        """Take a sample in with weight `rate`; what is there fades by 1 - rate. The first one has all the weight."""
        self.recent.append((sample, 1.0 if self.empty else rate))
        self.empty = False

    def conjugate_mean(self) -> Vector:
        """(P,) sum_j w_j conj(x_j)."""
        self._take_recent()
        return self.mean.conj()

    def normal_product(self, h: Vector) -> Vector:
        """(P,) sum_j w_j conj(x_j) (x_j . h) at every frequency."""
        self._take_recent()
        out = np.empty_like(h)
        for group in self.groups:
            _product(group.second, group.starts, group.channels, h, out)
        return out

    def _take_recent(self) -> None:
        if not self.recent:
            return
        if len(self.recent) % 2:  # they are taken in by pairs
            self.recent.append((np.zeros_like(self.mean), 0.0))
        fading = 1.0
        shares = np.empty(len(self.recent), np.float32)
        for k in range(len(self.recent) - 1, -1, -1):
            shares[k] = fading * self.recent[k][1]
            fading *= 1 - self.recent[k][1]
        samples = np.stack([sample for sample, _ in self.recent])
        self.mean = (np.float32(fading) * self.mean + shares @ samples).astype(np.complex64)
        for group in self.groups:
            _add_squares(group.second, group.starts, group.channels, samples, shares, np.float32(fading))
        self.recent = []


def make_moments(start: NDArray[np.int32]) -> Moments:
    """Of no samples yet; `start` as in `packing.Packing`."""
    counts = np.diff(start)
    groups = []
    for channels in np.unique(counts):
        starts = start[:-1][counts == channels]
        second = np.zeros((channels * (channels + 1) // 2, len(starts)), np.complex64)
        groups.append(_Group(starts, int(channels), second))
    return Moments(np.zeros(int(start[-1]), np.complex64), groups, [])


@helper
def _gather(packed, starts, out):  # type: ignore[no-untyped-def]
    """out[a, f] = channel a at frequency f."""
    for f in range(starts.size):
        for a in range(out.shape[0]):
            out[a, f] = packed[starts[f] + a]


@helper
def _add_own(second, h, out):  # type: ignore[no-untyped-def]
    for f in range(second.size):
        out[f] += second[f].real * h[f]


@helper
def _add_pair(second, h_a, h_b, out_a, out_b):  # type: ignore[no-untyped-def]
    """An entry above the diagonal, and its conjugate below."""
    for f in range(second.size):
        value = second[f]
        out_a[f] += value * h_b[f]
        out_b[f] += np.conj(value) * h_a[f]


@njit(cache=True, nogil=True, fastmath=True)
def _product(second, starts, channels, packed, out):  # type: ignore[no-untyped-def]
    """The matrices of a group times a packed vector, into the group's part of `out`."""
    h = np.empty((channels, starts.size), np.complex64)
    products = np.zeros((channels, starts.size), np.complex64)
    _gather(packed, starts, h)
    entry = 0
    for a in range(channels):
        _add_own(second[entry], h[a], products[a])
        for b in range(a + 1, channels):
            _add_pair(second[entry + b - a], h[a], h[b], products[a], products[b])
        entry += channels - a
    for f in range(starts.size):
        for a in range(channels):
            out[starts[f] + a] = products[a, f]


@njit(cache=True, nogil=True, fastmath=True)
def _add_products(second, fading, a, b, c, d):  # type: ignore[no-untyped-def]
    """Second fades and takes conj(a) b + conj(c) d in; these are real and imaginary parts (2, F)."""
    for f in range(second.size):
        real = a[0, f] * b[0, f] + a[1, f] * b[1, f] + c[0, f] * d[0, f] + c[1, f] * d[1, f]
        imag = a[0, f] * b[1, f] - a[1, f] * b[0, f] + c[0, f] * d[1, f] - c[1, f] * d[0, f]
        second[f] = fading * second[f] + np.complex64(complex(real, imag))


@njit(cache=True, nogil=True, fastmath=True)
def _add_squares(second, starts, channels, samples, shares, fading):  # type: ignore[no-untyped-def]
    """Second moments fade and take samples (m, P), m even, in with these shares (m,).

    A few hundred frequencies at a time, so that their samples stay in the processor's cache.
    """
    x = np.empty((len(samples), channels, 2, CHUNK), np.float32)
    for first in range(0, starts.size, CHUNK):
        count = min(CHUNK, starts.size - first)
        for k in range(len(samples)):
            for f in range(count):
                for a in range(channels):
                    value = np.sqrt(shares[k]) * samples[k, starts[first + f] + a]
                    x[k, a, 0, f], x[k, a, 1, f] = value.real, value.imag
        entry = 0
        for a in range(channels):
            for b in range(a, channels):
                line = second[entry, first : first + count]
                for k in range(0, len(samples), 2):
                    once = fading if k == 0 else np.float32(1)
                    _add_products(line, once, x[k, a], x[k, b], x[k + 1, a], x[k + 1, b])
                entry += 1
