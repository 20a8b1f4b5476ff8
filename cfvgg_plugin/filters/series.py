"""Periodic functions as Fourier series of odd size: the continuous domain of C-COT and ECO.

A series of a real map is its half spectrum with the rows centred: (..., K, L) complex, K odd, row r holds the
vertical frequency r - K // 2, column c the horizontal frequency c = 0 .. L - 1. Smaller series are thus the middle
rows and first columns of larger ones. The other half is the conjugate. Positions are fractions of the period.
"""

import math
from functools import lru_cache

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor
from torch.fft import irfft2, rfft2

BICUBIC = -0.75
"""Parameter a of Keys' cubic interpolation kernel (ECO's settings)."""


def odd_size(side: int) -> int:
    """Side of the series of a map: the next odd number, since both signs of the highest frequency are kept."""
    return side + (side + 1) % 2


def to_series(maps: Tensor, factor: Tensor | None = None) -> Tensor:
    """(..., H, W) real maps to their discrete spectra (..., K, L), unnormalised; H and W both odd or both even.

    factor: (K, L) complex64 that they are multiplied by, such as `interpolation`.
    """
    spectrum = rfft2(maps)
    height, length = spectrum.shape[-2:]
    size = odd_size(height)
    flat = spectrum.reshape(-1, height, length).numpy()
    out = np.empty((*spectrum.shape[:-2], size, length), flat.dtype)
    _centre(
        flat, np.ones((size, length), flat.dtype) if factor is None else factor.numpy(), out.reshape(-1, size, length)
    )
    return torch.from_numpy(out)


@njit(cache=True, nogil=True, fastmath=True)
def _centre(spectra, factor, out):  # type: ignore[no-untyped-def]
    """Rows of half spectra (N, H, L) by ascending frequency, times a factor (K, L); K is H or, where even, H + 1."""
    height, (size, length) = spectra.shape[1], factor.shape
    for n in range(len(out)):
        for row in range(size):
            frequency = row - size // 2
            source = frequency if frequency >= 0 else height + frequency
            of, by, to = spectra[n, source], factor[row], out[n, row]
            for x in range(length):
                to[x] = of[x] * by[x]
        if size > height:
            out[n, 0, length - 1] = 0  # of the highest frequency's two diagonals ECO keeps one


def sample(series: Tensor, size: int | None = None) -> Tensor:
    """(..., N, N) values of series (..., K, L) at N x N equally spaced positions; N is `size`, at least K, or K."""
    count, length = series.shape[-2:]
    size = size or count
    half = count // 2
    spectrum = series.new_zeros((*series.shape[:-2], size, size // 2 + 1))
    spectrum[..., : half + 1, :length] = series[..., half:, :]
    spectrum[..., size - half :, :length] = series[..., :half, :]
    return irfft2(spectrum, s=(size, size)) * size**2


@lru_cache(maxsize=256)
def frequencies(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vertical frequencies (K,) and horizontal ones (L,) of a series of odd `size`; not to be changed."""
    return np.arange(size).astype(np.float64) - size // 2, np.arange(size // 2 + 1).astype(np.float64)


def cubic_spectrum(frequency: NDArray[np.float64], a: float = BICUBIC) -> NDArray[np.float64]:
    """Fourier transform of Keys' cubic kernel with parameter `a`, cycles per sample (Parker et al., 1983)."""
    f = np.where(frequency == 0, 1.0, frequency)
    near = np.sinc(f) ** 2 - np.sinc(2 * f)
    far = 3 * np.sinc(2 * f) ** 2 - 2 * np.sinc(2 * f) - np.sinc(4 * f)
    return np.where(frequency == 0, 1.0, (3 * near + 2 * a * far) / (math.pi * f) ** 2)


def interpolation(size: int) -> Tensor:
    """(K, L) complex64 factor that turns a discrete spectrum into the series of the interpolated function.

    Bicubic, centred: cell n of a map of `size` cells lies at (n + 1/2) / size (ECO, equation 2).
    """
    axes = (cubic_spectrum(f / size) / size * np.exp(-1j * math.pi / size * f) for f in frequencies(size))
    rows, columns = axes
    return torch.from_numpy(np.outer(rows, columns)).to(torch.complex64)


def gaussian_series(size: int, output_size: int, sigma: float) -> NDArray[np.float32]:
    """(K, L) coefficients of a periodic Gaussian with its peak at 0.

    sigma is in cells of the score of `output_size`; smaller blocks hold its lowest frequencies (C-COT, section 4.2).
    """
    axes = (
        math.sqrt(2 * math.pi) * sigma / output_size * np.exp(-2 * (math.pi * sigma * f / output_size) ** 2)
        for f in frequencies(size)
    )
    rows, columns = axes
    return np.outer(rows, columns).astype(np.float32)


def shift(series: Tensor, by: tuple[float, float]) -> Tensor:
    """The function x -> s(x + by): moved by minus `by` = (y, x), in periods. Series (..., K, L)."""
    rows, columns = frequencies(series.shape[-2])
    phase = np.outer(np.exp(2j * math.pi * by[0] * rows), np.exp(2j * math.pi * by[1] * columns))
    return series * torch.from_numpy(phase).to(series.dtype)


def add_products(total: NDArray[np.complex64], series: Tensor, filters: Tensor, weight: float) -> None:
    """Add sum_d x_d h_d of series (S, D, K, L) and filters (D, K, L), weighted, to spectra (S, N, M // 2 + 1) in place.

    The spectra are in `rfft2`'s order, of maps (N, M) at least as large as K.
    """
    _add_products(total, series.numpy(), filters.numpy(), np.float32(weight))


@njit(cache=True, nogil=True, fastmath=True)
def _add_products(total, series, filters, weight):  # type: ignore[no-untyped-def]
    channels, size, length = filters.shape
    line = np.empty(length, np.complex64)
    for n in range(len(series)):
        for row in range(size):
            frequency = row - size // 2
            to = total[n, frequency if frequency >= 0 else total.shape[1] + frequency]
            line[:] = np.complex64(0)
            for d in range(channels):
                x, h = series[n, d, row], filters[d, row]
                for k in range(length):
                    line[k] += x[k] * h[k]
            for k in range(length):
                to[k] += weight * line[k]
