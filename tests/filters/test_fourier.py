import math

import numpy as np
import pytest
import torch
from torch.fft import irfft2, rfft2

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
