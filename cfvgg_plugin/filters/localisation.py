"""Where a response peaks, to a fraction of a cell, and how much that peak can be trusted."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray
from torch import Tensor
from torch.fft import irfft2

from cfvgg_plugin.filters.fourier import parseval_weights, wrapped_offsets


@dataclass(frozen=True)
class Peak:
    """Maximum of a response: displacement (x, y) in cells, wrapped to half a map either way, and its value."""

    x: float
    y: float
    value: float


def locate(spectrum: Tensor, width: int) -> tuple[Peak, Tensor]:
    """Refined maximum of a response given by its half spectrum, and the response map (H, width) itself."""
    height = spectrum.shape[0]
    response = irfft2(spectrum, s=(height, width))
    return refine_peaks(spectrum[None], response[None])[0], response


def peak_to_sidelobe(response: Tensor, radius: float) -> float:
    """Peak-to-sidelobe ratio (MOSSE, Bolme et al. 2010): (peak - mean) / deviation of everything beyond `radius` cells.

    Distances wrap. At least the peak itself is left out; a flat response has ratio 0.
    """
    return float(_peak_to_sidelobe(response.numpy(), radius))


@njit(cache=True, nogil=True)
def _peak_to_sidelobe(response, radius):  # type: ignore[no-untyped-def]
    height, width = response.shape
    best = np.argmax(response)
    row, column = best // width, best % width
    count, total, squares = 0, 0.0, 0.0
    peak = float(response[row, column])
    for y in range(height):
        near_y = min(abs(y - row), height - abs(y - row)) <= radius
        for x in range(width):
            if near_y and min(abs(x - column), width - abs(x - column)) <= radius:
                continue
            value = float(response[y, x]) - peak  # relative to the peak: exactly 0 in a flat map
            count += 1
            total += value
            squares += value * value
    if count < 2:
        return 0.0
    variance = (squares - total * total / count) / (count - 1)
    return -total / count / np.sqrt(variance) if variance > 0 else 0.0


def refine_peaks(spectra: Tensor, responses: Tensor, iterations: int = 5) -> list[Peak]:
    """Refined maximum of every response; its displacement is wrapped to half a map either way.

    spectra: (S, H, W // 2 + 1) complex; responses: (S, H, W), the maps behind them. Plain Newton steps on the
    trigonometric polynomial, as many as `iterations`, from the highest cell, which stands where they do not end
    higher (as in C-COT, ECO and STRCF).
    """
    height, width = responses.shape[1:]
    cells = responses.flatten(1).argmax(1).tolist()
    weights, fy, fx = _frequencies(height, width)
    peaks = []
    for spectrum, response, cell in zip(spectra, responses, cells, strict=True):
        row, column = divmod(cell, width)
        start = float(response[row, column])
        y, x, value = _newton(spectrum.numpy(), weights, fy, fx, height, width, float(row), float(column), iterations)
        if not value >= start:  # also where a flat response has no Newton step
            y, x, value = row, column, start
        peaks.append(Peak((x + width / 2) % width - width / 2, (y + height / 2) % height - height / 2, value))
    return peaks


@lru_cache(maxsize=32)
def _frequencies(height: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Weight of every column of a half spectrum, vertical frequencies and horizontal ones."""
    weights = (parseval_weights(width) / (height * width)).numpy()
    return weights, wrapped_offsets(height).numpy(), np.arange(width // 2 + 1.0)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})  # sums may be reordered; NaN stays NaN
def _newton(spectrum, weights, fy, fx, height, width, row, column, iterations):  # type: ignore[no-untyped-def]
    """Row, column and value after so many Newton steps; frequencies fy, fx in cycles a map, weights by column."""
    value = 0.0
    for iteration in range(iterations + 1):
        jet = np.zeros((3, 3), np.complex128)
        ex = np.exp(1j * (2 * np.pi / width * column) * fx) * weights
        for v in range(spectrum.shape[0]):
            s0, s1, s2 = 0j, 0j, 0j
            for u in range(spectrum.shape[1]):
                term = spectrum[v, u] * ex[u]
                s0 += term
                s1 += term * fx[u]
                s2 += term * (fx[u] * fx[u])
            ky = 2 * np.pi / height * fy[v]
            ey = np.exp(1j * ky * row)
            once, twice = 1j * ky * ey, -ky * ky * ey
            if 2 * abs(fy[v]) == height:  # both signs of this frequency in one row: its waves stand
                ey, once, twice = ey.real + 0j, once.real + 0j, twice.real + 0j
            for i, factor in enumerate((ey, once, twice)):
                jet[i, 0] += factor * s0
                jet[i, 1] += factor * s1
                jet[i, 2] += factor * s2
        kx = 2 * np.pi / width
        value = jet[0, 0].real
        if iteration == iterations:
            break
        dy, dx = jet[1, 0].real, (1j * kx * jet[0, 1]).real
        dyy, dxx, dxy = jet[2, 0].real, -kx * kx * jet[0, 2].real, (1j * kx * jet[1, 1]).real
        determinant = dyy * dxx - dxy * dxy
        if determinant == 0:
            break
        row -= (dxx * dy - dxy * dx) / determinant
        column -= (dyy * dx - dxy * dy) / determinant
    return row, column, value
