"""ECO's filter: the regularised least-squares problem over a weighted set of samples (ECO, equations 3-8).

    E(h) = sum_j w_j || sum_d x_jd h_d - y ||^2 + sum_d || w * h_d ||^2

in the Fourier domain, on packed arrays (packing.py). x_j are interpolated, projected samples, y the label, and w * the
convolution with the spatial regularisation window's coefficients.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cfvgg_plugin.filters.conjugate_gradient import Momentum, Vector, solve
from cfvgg_plugin.filters.packing import Layout
from cfvgg_plugin.filters.regularisation import autocorrelation

Real = NDArray[np.float32]


@dataclass(frozen=True)
class Regulariser:
    """W^H W as a convolution kernel, by its non-zero entries."""

    offsets: NDArray[np.int32]
    """(T, 2) vertical and horizontal frequency offset of every entry."""
    values: Real
    """(T,) their values."""
    energy: float
    """Sum of squares of the window's coefficients."""


def make_regulariser(coefficients: Real) -> Regulariser:
    """Kernel of W^H W for window coefficients (odd, odd)."""
    entries = autocorrelation(coefficients)
    offsets = np.array([entry[:2] for entry in entries], np.int32)
    values = np.array([entry[2] for entry in entries], np.float32)
    return Regulariser(offsets, values, float((coefficients.astype(float) ** 2).sum()))


@njit(cache=True, nogil=True, fastmath=True)
def _add_run(out, target, h, source, count, factor):  # type: ignore[no-untyped-def]
    """out[target : target + count] += factor * h[source : source + count], flat float32 arrays."""
    to, of = out[target : target + count], h[source : source + count]  # slices: plain indices vectorise
    for i in range(count):
        to[i] += factor * of[i]


@njit(cache=True, nogil=True, fastmath=True)
def _add_conjugate(out, target, h, source, count, factor):  # type: ignore[no-untyped-def]
    for i in range(0, count, 2):
        out[target + i] += factor * h[source + i]
        out[target + i + 1] -= factor * h[source + i + 1]


@njit(cache=True, nogil=True, fastmath=True)
def _regularise(h, start, size, offsets, values, out):  # type: ignore[no-untyped-def]
    """Out += W^H W h, both flat real and imaginary parts (2 P,).

    The blocks at a frequency are the first of those at any lower one, so channels line up. A row of frequencies that
    all have the same channels is one run in memory; the rows of the smaller blocks go frequency by frequency.
    """
    half, columns = size // 2, size // 2 + 1
    fewest = start[columns] - start[columns - 1]
    for row in range(size):
        first = row * columns
        even = start[first + columns] - start[first] == columns * fewest
        for t in range(values.size):
            dy, dx, factor = offsets[t, 0], offsets[t, 1], values[t]
            other = row - dy
            if other < 0 or other >= size:
                continue
            origin = other * columns
            low, high = max(dx, 0), min(columns, columns + dx)
            if even and start[origin + columns] - start[origin] == columns * fewest:
                length = 2 * fewest * (high - low)
                _add_run(out, 2 * start[first + low], h, 2 * start[origin + low - dx], length, factor)
            else:
                for x in range(low, high):
                    f, g = first + x, origin + x - dx
                    length = 2 * min(start[f + 1] - start[f], start[g + 1] - start[g])
                    _add_run(out, 2 * start[f], h, 2 * start[g], length, factor)
            for x in range(min(low, columns)):  # beyond the column of zero frequency: the conjugate half
                f, g = first + x, (2 * half - other) * columns + dx - x
                if dx - x < columns:
                    length = 2 * min(start[f + 1] - start[f], start[g + 1] - start[g])
                    _add_conjugate(out, 2 * start[f], h, 2 * start[g], length, factor)


def apply_regulariser(h: Vector, layout: Layout, regulariser: Regulariser, out: Vector) -> None:
    """Add W^H W h to `out`; packed (P,) arrays."""
    flat, flat_out = h.view(np.float32), out.view(np.float32)
    _regularise(flat, layout.start, layout.size, regulariser.offsets, regulariser.values, flat_out)


def preconditioner(
    energy: Real, layout: Layout, regulariser: Regulariser, data_share: float, regularisation_share: float
) -> Real:
    """(P,) diagonal: a blend of each channel's energy, the mean energy of its block, and the regulariser's.

    energy: (P,) squared magnitude of the samples, averaged over time. The shares are ECO's precond_data_param and
    precond_reg_param.
    """
    flat = energy[layout.inverse]
    means = []
    offset = 0
    for channels, size in zip(layout.channels, layout.sizes, strict=True):
        cells = size * (size // 2 + 1)
        block = flat[offset : offset + channels * cells].reshape(channels, cells)
        means.append(np.broadcast_to(block.mean(0), block.shape).ravel())
        offset += channels * cells
    mean = np.concatenate(means)[layout.order]
    data = data_share * energy + (1 - data_share) * mean
    return ((1 - regularisation_share) * data + regularisation_share * regulariser.energy).astype(np.float32)


class Memory(Protocol):
    """Weighted samples, as far as the filter needs them; all arrays are packed (P,)."""

    def add(self, sample: Vector, rate: float) -> None:
        """Take a sample in with weight `rate`; the others fade by 1 - rate."""

    def conjugate_mean(self) -> Vector:
        """sum_j w_j conj(x_j)."""

    def normal_product(self, h: Vector) -> Vector:
        """sum_j w_j conj(x_j) (x_j . h) at every frequency."""


def train(
    h: Vector,
    memory: Memory,
    label: Real,
    layout: Layout,
    regulariser: Regulariser,
    diagonal: Real,
    iterations: int,
    momentum: Momentum | None,
    forgetting: float,
) -> tuple[Vector, Momentum]:
    """A few steps of conjugate gradients on E(h), from the present filter.

    h: (P,). label: (P,) coefficients of y at each value's frequency. Returns the filter and the solver's state.
    """

    def apply(x: Vector) -> Vector:
        out = memory.normal_product(x)
        apply_regulariser(x, layout, regulariser, out)
        return out

    right = memory.conjugate_mean() * label
    return solve(apply, right, h, diagonal, layout.weights, iterations, momentum, forgetting)
