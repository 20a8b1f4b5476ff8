import numpy as np
import pytest
import torch
from torch.fft import rfft2

from cfvgg_plugin.filters.localisation import locate, peak_to_sidelobe, refine_peak


def series(height: int, width: int, y: float, x: float) -> torch.Tensor:
    """A smooth periodic map whose only maximum, 2, lies at the fractional cell (y, x)."""
    rows, columns = torch.arange(height)[:, None], torch.arange(width)[None]
    return torch.cos(2 * torch.pi * (rows - y) / height) + torch.cos(2 * torch.pi * (columns - x) / width)


@pytest.mark.parametrize("size", [(15, 20), (16, 21), (9, 8)])
@pytest.mark.parametrize(("y", "x"), [(0.3, 0.2), (4.49, 3.7), (-2.25, -3.4), (2.0, -1.0)])
def test_fractional_peaks_are_found(size, y, x):
    peak, response = locate(rfft2(series(*size, y, x)), size[1])
    assert (peak.y, peak.x) == pytest.approx((y, x), abs=1e-4)
    assert peak.value == pytest.approx(2, abs=1e-5)
    assert response.shape == size


def test_refinement_climbs_the_series_between_cells():
    """Beside a direct sum over all frequencies on a grid of hundredths of a cell."""
    maps = torch.randn(11, 12, generator=torch.Generator().manual_seed(0)).double()
    spectrum = rfft2(maps)
    row, column = divmod(int(maps.argmax()), 12)
    y, x, value = refine_peak(spectrum, 12, row, column)
    full = torch.fft.fft2(maps)
    fy, fx = torch.fft.fftfreq(11, 1 / 11).double(), torch.fft.fftfreq(12, 1 / 12).double()

    def direct(v: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
        ey, ex = torch.exp(2j * torch.pi * torch.outer(v, fy) / 11), torch.exp(2j * torch.pi * torch.outer(u, fx) / 12)
        return (ey @ full @ ex.T).real / maps.numel()

    steps = torch.arange(-60, 61).double() / 100
    grid = direct(row + steps, column + steps)
    assert value == pytest.approx(direct(torch.tensor([y]).double(), torch.tensor([x]).double()).item(), abs=1e-9)
    assert value >= grid.max() - 1e-9
    assert value >= maps.max()


def test_refinement_never_ends_below_its_start():
    for seed in range(30):
        maps = torch.randn(7, 6, generator=torch.Generator().manual_seed(seed)).double()
        row, column = divmod(seed * 5 % 42, 6)
        assert refine_peak(rfft2(maps), 6, row, column)[2] >= maps[row, column] - 1e-9


def test_peak_to_sidelobe_ratio():
    response = torch.zeros(20, 30)
    response[::2, ::2], response[1::2, 1::2] = 1, -1
    response[0, 29] = 10
    far = np.ones((20, 30), bool)
    far[np.ix_([18, 19, 0, 1, 2], [27, 28, 29, 0, 1])] = False
    sidelobe = response.numpy()[far]
    expected = (10 - sidelobe.mean()) / sidelobe.std(ddof=1)
    assert peak_to_sidelobe(response, 2.5) == pytest.approx(expected, rel=1e-5)
    assert peak_to_sidelobe(torch.ones(8, 8), 1) == 0
    assert peak_to_sidelobe(torch.rand(4, 4), 50) == 0
