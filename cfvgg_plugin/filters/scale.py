"""The fast discriminative scale filter (fDSST, Danelljan et al., TPAMI 2017), as ECO uses it.

Each scale of the target is one long feature vector; a one-dimensional correlation filter runs over scales. fDSST
compresses the vectors to as many dimensions as there are scales by an orthonormal basis of the template, and of the
sample for the denominator. As such a basis spans the vectors, it changes none of their inner products with the
template: all that the filter needs are the n x n inner products between scales, and no basis is computed here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32]


@dataclass(frozen=True)
class ScaleGrid:
    """Scales that are looked at, and those the response is interpolated at."""

    factors: NDArray[np.float64]
    """(n,) scale of every sample relative to the present one, ascending."""
    fine_factors: NDArray[np.float64]
    """(m,) interpolated scales in the order of the response, factor 1 first."""
    label: NDArray[np.float64]
    """(n,) spectrum of the Gaussian label, real."""
    window: NDArray[np.float64]
    """(n, n) outer product of the Hann window with itself."""
    waves: NDArray[np.complex128]
    """(n, n) matrix of the discrete Fourier transform."""


@dataclass(frozen=True)
class ScaleModel:
    """Running template (n, N), one long vector a scale, and denominator (n,) of the filter's spectrum."""

    template: Real
    denominator: NDArray[np.float64]


def make_scale_grid(count: int, fine_count: int, step: float, sigma_factor: float) -> ScaleGrid:
    """Grid of `count` samples, `step` apart on a scale of `fine_count`; both odd."""
    exponents = (np.arange(count) - (count - 1) // 2) * fine_count / count
    fine = np.roll(np.arange(fine_count) - (fine_count - 1) // 2, -((fine_count - 1) // 2))
    distance = np.roll(exponents, -((count - 1) // 2))
    label = np.fft.fft(np.exp(-0.5 * (distance / (fine_count * sigma_factor)) ** 2)).real
    window = np.hanning(count)
    waves = np.fft.fft(np.eye(count))
    return ScaleGrid(step**exponents, step ** fine.astype(float), label, np.outer(window, window), waves)


def update_scale(model: ScaleModel | None, samples: Real, grid: ScaleGrid, rate: float) -> ScaleModel:
    """Learn samples (n, N) of the target at all scales; `rate` is the weight of the new ones."""
    energy = _spectral_products(samples @ samples.T, grid).real
    if model is None:
        return ScaleModel(samples, energy)
    template = model.template + np.float32(rate) * (samples - model.template)
    return ScaleModel(template, (1 - rate) * model.denominator + rate * energy)


def _spectral_products(products: Real, grid: ScaleGrid) -> NDArray[np.complex128]:
    """(n,) sum over features of conj(fft(a)) fft(b), from the inner products (n, n) of windowed scales of a and b."""
    found: NDArray[np.complex128] = ((grid.waves.conj() @ (products * grid.window)) * grid.waves).sum(1)
    return found


def find_scale(model: ScaleModel, samples: Real, grid: ScaleGrid, regularisation: float) -> float:
    """Factor by which the target's scale changed: the response's maximum, refined by a parabola."""
    spectrum = grid.label * _spectral_products(model.template @ samples.T, grid) / (model.denominator + regularisation)
    n, m = len(spectrum), len(grid.fine_factors)
    padded = np.zeros(m, complex)
    half = (n + 1) // 2
    padded[:half] = spectrum[:half]
    padded[m - (n - half) :] = spectrum[half:]
    response = np.fft.ifft(padded).real * m / n
    best = int(response.argmax())
    near = [(best - 1) % m, best, (best + 1) % m]
    return _vertex([float(x) for x in grid.fine_factors[near]], [float(y) for y in response[near]])


def _vertex(x: list[float], y: list[float]) -> float:
    """Abscissa of the vertex of the parabola through three points; the middle point's if it lies outside them."""
    left, right = (y[1] - y[0]) / (x[1] - x[0]), (y[2] - y[1]) / (x[2] - x[1])
    if left == right:
        return x[1]
    vertex = (x[0] + x[1]) / 2 - left * (x[2] - x[0]) / (2 * (right - left))
    return vertex if min(x) <= vertex <= max(x) else x[1]
