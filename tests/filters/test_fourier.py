import math

import numpy as np
import pytest
import torch
from torch.fft import irfft2, rfft2

from cfvgg_plugin.filters import fourier
from cfvgg_plugin.filters.fourier import shift


@pytest.mark.parametrize("size", [(9, 7), (8, 6), (9, 6)])
def test_a_shift_by_whole_cells_rolls_the_map(size):
    maps = torch.randn(2, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    smooth = rfft2(maps)
    if size[0] % 2 == 0:
        smooth[:, size[0] // 2] = 0
    if size[1] % 2 == 0:
        smooth[:, :, size[1] // 2] = 0
    moved = irfft2(shift(smooth, size[1], (2 / size[0], -1 / size[1])), s=size)
    torch.testing.assert_close(moved, irfft2(smooth, s=size).roll((-2, 1), (1, 2)))


@pytest.mark.parametrize("side", [11, 12])
def test_a_shift_by_parts_of_a_cell_moves_a_wave(side):
    x = np.arange(side) / side
    wave = np.cos(2 * math.pi * 3 * x)[:, None] * np.cos(2 * math.pi * 2 * x + 0.5)
    moved = irfft2(shift(rfft2(torch.from_numpy(wave)), side, (0.013, -0.21)), s=(side, side))
    expected = np.cos(2 * math.pi * 3 * (x + 0.013))[:, None] * np.cos(2 * math.pi * 2 * (x - 0.21) + 0.5)
    np.testing.assert_allclose(moved, expected, atol=1e-12)


@pytest.mark.parametrize("side", [13, 47, 48, 52, 53, 62])
def test_a_transform_is_that_of_torch_for_every_side(side):
    maps = torch.rand(3, 2, side, side, generator=torch.Generator().manual_seed(side)) - 0.3
    spectra = fourier.rfft2(maps)
    assert spectra.dtype == torch.complex64
    expected = rfft2(maps.double())
    np.testing.assert_allclose(spectra, expected, atol=2e-6 * float(expected.abs().max()))
    back = fourier.irfft2(spectra, side)
    assert back.dtype == torch.float32 and back.is_contiguous()
    np.testing.assert_allclose(back, maps, atol=2e-6)


def test_some_cells_are_those_of_the_whole_map():
    maps = torch.zeros(2, 11, 14)
    maps[:, 3:8, 2:12] = torch.rand(2, 5, 10, generator=torch.Generator().manual_seed(1))
    part = fourier.transforms(11, 14, range(3, 8), range(2, 12))
    np.testing.assert_allclose(part.cells(rfft2(maps)), maps[:, 3:8, 2:12], atol=1e-6)
    np.testing.assert_allclose(part.spectra(maps[:, 3:8, 2:12]), rfft2(maps), atol=1e-5)
