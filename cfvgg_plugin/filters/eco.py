"""ECO's filter: the regularised least-squares problem over a weighted set of samples (ECO, equations 3-8).

    E(h) = sum_j w_j || sum_d x_jd h_d - y ||^2 + sum_d || w * h_d ||^2

in the Fourier domain, on packed arrays (packing.py). x_j are interpolated, projected samples, y the label, and w * the
convolution with the coefficients of the spatial regularisation window, a quadratic one around the target.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cfvgg_plugin.filters.conjugate_gradient import Momentum, Vector, solve
from cfvgg_plugin.filters.packing import Packing

Real = NDArray[np.float32]


def regularisation_window(
    support: int, target: tuple[float, float], minimum: float, edge: float, power: float
) -> NDArray[np.float64]:
    """(support, support) penalty: `minimum` at the centre, about `edge` at the target's border, growing outwards.

    target: (height, width) in sample pixels.
    """
    offsets = np.arange(support) - (support - 1) / 2
    rows, columns = (np.abs(offsets / (0.5 * side)) ** power for side in target)
    return (edge - minimum) * (rows[:, None] + columns[None, :]) + minimum


def sparse_spectrum(window: NDArray[np.float64], threshold: float, minimum: float) -> NDArray[np.float32]:
    """(odd, odd) real Fourier coefficients of the window, centred; small ones are left out.

    threshold: share of the largest coefficient below which one is dropped. The mean is corrected so that the
    smallest value of the sparse window is `minimum` again.
    """
    spectrum = np.fft.fft2(window) / window.size
    spectrum[np.abs(spectrum) < threshold * np.abs(spectrum).max()] = 0
    sparse = np.fft.ifft2(spectrum).real * window.size
    spectrum[0, 0] += minimum - sparse.min()
    centred = np.fft.fftshift(spectrum)
    rows, columns = (np.flatnonzero(np.any(centred, axis=axis)) for axis in (1, 0))
    return centred[np.ix_(rows, columns)].real.astype(np.float32)


def autocorrelation(coefficients: NDArray[np.float32]) -> list[tuple[int, int, float]]:
    """Kernel of W^H W for the convolution W with real coefficients (odd, odd), centred.

    Returns (vertical offset, horizontal offset, value) of every non-zero entry.
    """
    height, width = coefficients.shape
    kernel = np.zeros((2 * height - 1, 2 * width - 1))
    for y in range(height):
        for x in range(width):
            top, left = height - 1 - y, width - 1 - x
            kernel[top : top + height, left : left + width] += coefficients[y, x] * coefficients
    found = np.argwhere(np.abs(kernel) > 1e-12 * np.abs(kernel).max())
    return [(int(y) - height + 1, int(x) - width + 1, float(kernel[y, x])) for y, x in found]


@dataclass(frozen=True)
class Regulariser:
    """W^H W as a convolution kernel, by its non-zero entries."""

    offsets: NDArray[np.int32]
    """(T, 2) vertical and horizontal frequency offset of every entry; T is a multiple of four."""
    values: Real
    """(T,) their values; zeros to fill up."""
    energy: float
    """Sum of squares of the window's coefficients."""


def make_regulariser(coefficients: Real) -> Regulariser:
    """Kernel of W^H W for window coefficients (odd, odd)."""
    entries = autocorrelation(coefficients)
    entries += [(0, 0, 0.0)] * (-len(entries) % 4)
    offsets = np.array([entry[:2] for entry in entries], np.int32)
    values = np.array([entry[2] for entry in entries], np.float32)
    return Regulariser(offsets, values, float((coefficients.astype(float) ** 2).sum()))


@njit(cache=True, nogil=True)
def _padded(packed, places, size, channels, margin):  # type: ignore[no-untyped-def]
    """Series of the blocks of one size with a margin on all sides, (K + 2 margin, L + 2 margin, channels).

    The frequencies beyond the column of zero horizontal frequency are the conjugates of those on its other side.
    """
    columns = size // 2 + 1
    out = np.zeros((size + 2 * margin, columns + 2 * margin, channels), np.complex64)
    for row in range(size):
        for x in range(columns):
            place = places[row * columns + x]
            for c in range(channels):
                value = packed[place + c]
                out[margin + row, margin + x, c] = value
                if 0 < x <= margin:
                    out[margin + size - 1 - row, margin - x, c] = np.conj(value)
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _add_four(line, h, starts, factors):  # type: ignore[no-untyped-def]
    """Add four parts of h, from these starts on and times these factors, to a line."""
    n = line.size
    a, b, c, d = h[starts[0] :][:n], h[starts[1] :][:n], h[starts[2] :][:n], h[starts[3] :][:n]
    for i in range(n):
        line[i] += factors[0] * a[i] + factors[1] * b[i] + factors[2] * c[i] + factors[3] * d[i]


@njit(cache=True, nogil=True, fastmath=True)
def _regularise(packed, places, size, channels, offsets, values, out):  # type: ignore[no-untyped-def]
    """Out += W^H W h for the blocks of one size, all packed; offsets and values: a multiple of four."""
    columns, margin = size // 2 + 1, np.abs(offsets).max()
    h = _padded(packed, places, size, channels, margin)
    width = h.shape[1] * channels
    flat = h.view(np.float32).reshape(-1)
    line = np.empty(2 * columns * channels, np.float32)
    starts = 2 * ((margin - offsets[:, 0]) * width + (margin - offsets[:, 1]) * channels)
    for row in range(size):
        line[:] = np.float32(0)
        for t in range(0, values.size, 4):
            _add_four(line, flat, starts[t : t + 4] + 2 * row * width, values[t : t + 4])
        for x in range(columns):
            place, first = places[row * columns + x], 2 * x * channels
            for c in range(channels):
                out[place + c] += np.complex64(complex(line[first + 2 * c], line[first + 2 * c + 1]))


def apply_regulariser(h: Vector, packing: Packing, regulariser: Regulariser, out: Vector) -> None:
    """Add W^H W h to `out`; packed (P,) arrays. The blocks of each size are convolved together."""
    kernel = (regulariser.offsets, regulariser.values)
    for group in packing.groups:
        _regularise(h, group.places, group.size, group.channels, *kernel, out)


def preconditioner(
    energy: Real, packing: Packing, regulariser: Regulariser, data_share: float, regularisation_share: float
) -> Real:
    """(P,) diagonal: a blend of each channel's energy, the mean energy of its block, and the regulariser's.

    energy: (P,) squared magnitude of the samples, averaged over time. The shares are ECO's precond_data_param and
    precond_reg_param.
    """
    flat = energy[packing.inverse]
    means = []
    offset = 0
    for channels, size in zip(packing.channels, packing.sizes, strict=True):
        cells = size * (size // 2 + 1)
        block = flat[offset : offset + channels * cells].reshape(channels, cells)
        means.append(np.broadcast_to(block.mean(0), block.shape).ravel())
        offset += channels * cells
    mean = np.concatenate(means)[packing.order]
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
    packing: Packing,
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
        apply_regulariser(x, packing, regulariser, out)
        return out

    right = memory.conjugate_mean() * label
    return solve(apply, right, h, diagonal, packing.weights, iterations, momentum, forgetting)
