"""Windows, labels and Fourier series of real maps.

Convention: `torch.fft.rfft2`, unnormalised, half spectra (H, W // 2 + 1). Position (0, 0) of a map or label is
its first cell, and displacements wrap around.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor


def hann_window(height: int, width: int) -> Tensor:
    """(H, W) float32 product of two Hann windows whose zeros lie just outside the map, so that no cell is lost."""
    rows = torch.hann_window(height + 2, periodic=False, dtype=torch.float64)[1:-1]
    columns = torch.hann_window(width + 2, periodic=False, dtype=torch.float64)[1:-1]
    return torch.outer(rows, columns).float()


@lru_cache(maxsize=256)
def wrapped_offsets(length: int) -> Tensor:
    """(length,) float64 signed distance of every cell from cell 0, the short way round; not to be changed."""
    offsets: Tensor = torch.fft.fftfreq(length, 1 / length, dtype=torch.float64)
    return offsets


def gaussian_label(height: int, width: int, sigma: float) -> Tensor:
    """(H, W) float32 desired response: a Gaussian of `sigma` cells with its peak of 1 at (0, 0), wrapped."""
    rows = torch.exp(-0.5 * (wrapped_offsets(height) / sigma) ** 2)
    columns = torch.exp(-0.5 * (wrapped_offsets(width) / sigma) ** 2)
    return torch.outer(rows, columns).float()


def parseval_weights(width: int) -> Tensor:
    """(width // 2 + 1,) float64: how often each column of a half spectrum occurs in the whole one (1 or 2)."""
    weights = torch.full((width // 2 + 1,), 2.0, dtype=torch.float64)
    weights[0] = 1
    if width % 2 == 0:
        weights[-1] = 1
    return weights


def energy(spectrum: Tensor, width: int) -> Tensor:
    """Sum of squares of the maps behind half spectra (C, H, width // 2 + 1), by Parseval's theorem; a scalar."""
    columns = (spectrum.real.square() + spectrum.imag.square()).sum((0, 1))
    return (columns * parseval_weights(width).to(columns.dtype)).sum() / (spectrum.shape[-2] * width)


def shift(spectrum: Tensor, width: int, by: tuple[float, float]) -> Tensor:
    """Half spectra (..., H, width // 2 + 1) of the maps moved by minus `by` = (y, x), in periods.

    The highest frequency of an even size, whose phase is not known, stands.
    """
    height = spectrum.shape[-2]
    axes = []
    for size, count, distance in ((height, height, by[0]), (width, width // 2 + 1, by[1])):
        phase = torch.exp(2j * math.pi * distance * wrapped_offsets(size)[:count])
        if size % 2 == 0:
            phase[size // 2] = float(phase[size // 2].real)
        axes.append(phase)
    return spectrum * torch.outer(*axes).to(spectrum.dtype)
