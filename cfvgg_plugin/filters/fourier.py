"""Windows, labels and Fourier transforms of real maps.

Convention: `torch.fft.rfft2`, unnormalised, half spectra (H, W // 2 + 1). Position (0, 0) of a map or label is
its first cell, and displacements wrap around.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

LARGEST_FACTOR = 13
"""Of a side for which torch's transforms are fast: 96 maps of 47 x 47 take five times as long as of 48 x 48."""


class Transforms(NamedTuple):
    """Matrices between the half spectra of maps and some rows and columns of their cells; no other cell is computed."""

    to_rows: Tensor
    """(rows, H) complex."""
    to_cells: Tensor
    """(2 (W // 2 + 1), columns) real, for real and imaginary parts by turns."""
    from_cells: Tensor
    """(columns, 2 (W // 2 + 1)) real."""
    from_rows: Tensor
    """(H, rows) complex."""

    def cells(self, spectra: Tensor) -> Tensor:
        """(..., rows, columns) cells of the maps behind half spectra (..., H, W // 2 + 1)."""
        return torch.view_as_real(self.to_rows @ spectra).flatten(-2) @ self.to_cells

    def spectra(self, cells: Tensor) -> Tensor:
        """(..., H, W // 2 + 1) half spectra of maps that are 0 outside of these cells (..., rows, columns)."""
        parts = (cells @ self.from_cells).reshape(*cells.shape[:-1], -1, 2)
        return self.from_rows @ torch.view_as_complex(parts)


@lru_cache(maxsize=64)
def transforms(
    height: int, width: int, rows: range, columns: range, dtype: torch.dtype = torch.complex64
) -> Transforms:
    """The matrices for maps of that size and these rows and columns of their cells; not to be changed.

    dtype: of the spectra.
    """
    half, real = width // 2 + 1, torch.empty(0, dtype=dtype).real.dtype
    down, across = _waves(height, rows, height), _waves(width, columns, half)
    inverse = across * parseval_weights(width) / width
    back = torch.stack((inverse.real, -inverse.imag), -1).flatten(1).T  # the real part of a product
    parts = torch.stack((across.real, -across.imag), -1).flatten(1)
    return Transforms(
        (down / height).to(dtype),
        back.to(real).contiguous(),
        parts.to(real),
        down.conj().T.to(dtype).contiguous(),
    )


def _waves(length: int, cells: range, frequencies: int) -> Tensor:
    """(cells, frequencies) complex128 waves exp(2 pi i cell frequency / length)."""
    turns = torch.outer(torch.tensor(cells, dtype=torch.float64), torch.arange(frequencies, dtype=torch.float64))
    return torch.exp(2j * math.pi / length * turns)


def rfft2(maps: Tensor) -> Tensor:
    """Half spectra (..., N, N // 2 + 1) of float32 maps (..., N, N), by whatever is fast for that side."""
    side = maps.shape[-1]
    if _is_smooth(side):
        return torch.fft.rfft2(maps)
    return transforms(side, side, range(side), range(side)).spectra(maps)


def irfft2(spectra: Tensor, side: int) -> Tensor:
    """Maps (..., side, side) of complex64 half spectra (..., side, side // 2 + 1), likewise."""
    if _is_smooth(side):
        return torch.fft.irfft2(spectra, s=(side, side))
    return transforms(side, side, range(side), range(side)).cells(spectra)


@lru_cache(maxsize=256)
def _is_smooth(side: int) -> bool:
    """Whether no prime factor of the side is larger than LARGEST_FACTOR."""
    for factor in range(2, LARGEST_FACTOR + 1):
        while side % factor == 0:
            side //= factor
    return side == 1


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
