"""Periodic functions as Fourier series of odd size: the continuous domain of C-COT and ECO.

A series of a real map is its half spectrum with the rows centred: (..., K, L) complex, K odd, row r holds the
vertical frequency r - K // 2, column c the horizontal frequency c = 0 .. L - 1. Smaller series are thus the middle
rows and first columns of larger ones. The other half is the conjugate. Positions are fractions of the period.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.fft import fftshift, ifftshift, irfft2, rfft2

BICUBIC = -0.75
"""Parameter a of Keys' cubic interpolation kernel (ECO's settings)."""


def odd_size(side: int) -> int:
    """Side of the series of a map: the next odd number, since both signs of the highest frequency are kept."""
    return side + (side + 1) % 2


def to_series(maps: Tensor) -> Tensor:
    """(..., H, W) real maps to their discrete spectra (..., K, L), unnormalised; H and W both odd or both even."""
    spectrum = fftshift(rfft2(maps), dim=-2)
    if maps.shape[-2] % 2:
        return spectrum
    spectrum = torch.cat([spectrum, spectrum[..., :1, :]], dim=-2)
    spectrum[..., 0, -1] = 0  # of the highest frequency's two diagonals ECO keeps one
    return spectrum


def sample(series: Tensor) -> Tensor:
    """(..., K, K) values of series (..., K, L) at K x K equally spaced positions."""
    size = series.shape[-2]
    return irfft2(ifftshift(series, dim=-2), s=(size, size)) * size**2


def frequencies(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vertical frequencies (K,) and horizontal ones (L,) of a series of odd `size`."""
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


def add_centred(total: Tensor, series: Tensor) -> None:
    """Add a series to a larger or equal one in place."""
    margin = (total.shape[-2] - series.shape[-2]) // 2
    total[..., margin : margin + series.shape[-2], : series.shape[-1]] += series
