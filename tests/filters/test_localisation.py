import numpy as np
import pytest
import torch
from torch.fft import rfft2

from cfvgg_plugin.filters.localisation import locate, peak_to_sidelobe, refine_peaks


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


@pytest.mark.parametrize("size", [(11, 12), (12, 12), (12, 11)])
def test_refinement_climbs_the_series_between_cells(size):
    """Beside a direct sum over all frequencies on a grid of hundredths of a cell."""
    height, width = size
    maps = torch.nn.functional.avg_pool2d(
        torch.randn(1, 1, height + 2, width + 2, generator=torch.Generator().manual_seed(0)), 3, 1
    )[0, 0].double()
    peak = refine_peaks(rfft2(maps)[None], maps[None])[0]
    row, column = divmod(int(maps.argmax()), width)
    full = torch.fft.fft2(maps)
    fy, fx = torch.fft.fftfreq(height, 1 / height).double(), torch.fft.fftfreq(width, 1 / width).double()

    def waves(points: torch.Tensor, frequencies: torch.Tensor, size: int) -> torch.Tensor:
        waves = torch.exp(2j * torch.pi * torch.outer(points, frequencies) / size)
        nyquist = 2 * frequencies.abs() == size  # stands for both signs: a standing wave
        return torch.where(nyquist, waves.real + 0j, waves)

    def direct(v: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
        return (waves(v, fy, height) @ full @ waves(u, fx, width).T).real / maps.numel()

    steps = torch.arange(-60, 61).double() / 100
    grid = direct(row + steps, column + steps)
    at = direct(torch.tensor([peak.y]).double(), torch.tensor([peak.x]).double()).item()
    assert peak.value == pytest.approx(at, abs=1e-6)
    assert peak.value >= grid.max() - 1e-4
    assert peak.value >= maps.max()


def test_refinement_never_ends_below_its_start():
    maps = torch.randn(30, 7, 6, generator=torch.Generator().manual_seed(0)).double()
    for peak, response in zip(refine_peaks(rfft2(maps), maps), maps, strict=True):
        assert peak.value >= response.max() - 1e-9


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
