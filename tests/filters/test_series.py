import numpy as np
import pytest
import torch
from scipy.integrate import trapezoid

from cfvgg_plugin.filters import series


def direct(coefficients: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Value of a half series (K, L) at points (N, 2) of the unit square, by summing over all frequencies."""
    size = len(coefficients)
    rows, columns = series.frequencies(size)
    total = np.zeros(len(points))
    for r, y in enumerate(rows):
        for c, x in enumerate(columns):
            term = coefficients[r, c] * np.exp(2j * np.pi * (y * points[:, 0] + x * points[:, 1]))
            total += term.real * (1 if x == 0 else 2)
    return total


def random_series(size: int) -> torch.Tensor:
    return series.to_series(torch.randn(size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(size)))


@pytest.mark.parametrize("side", [9, 13])
def test_series_of_an_odd_map_reproduces_it(side):
    maps = torch.randn(2, side, side, dtype=torch.float64)
    spectrum = series.to_series(maps)
    assert spectrum.shape == (2, side, side // 2 + 1)
    torch.testing.assert_close(series.sample(spectrum) / side**2, maps)


def test_series_of_an_even_map_has_odd_size_and_both_signs_of_the_highest_frequency():
    maps = torch.randn(8, 8, dtype=torch.float64)
    spectrum, full = series.to_series(maps), torch.fft.fft2(maps)
    assert spectrum.shape == (9, 5)
    for row, y in enumerate(range(-4, 5)):
        for x in range(5):
            expected = 0 if (y, x) == (-4, 4) else full[y, x]
            torch.testing.assert_close(spectrum[row, x], torch.as_tensor(expected, dtype=spectrum.dtype))


def test_samples_shifts_and_sums_beside_direct_sums():
    big = random_series(9)
    grid = np.stack(np.meshgrid(np.arange(9) / 9, np.arange(9) / 9, indexing="ij"), -1).reshape(-1, 2)
    np.testing.assert_allclose(series.sample(big).ravel(), direct(big.numpy(), grid), atol=1e-9)
    moved = series.shift(big, (0.13, -0.41))
    np.testing.assert_allclose(direct(moved.numpy(), grid), direct(big.numpy(), grid + [0.13, -0.41]), atol=1e-9)
    finer = np.stack(np.meshgrid(np.arange(12) / 12, np.arange(12) / 12, indexing="ij"), -1).reshape(-1, 2)
    np.testing.assert_allclose(series.sample(big, 12).ravel(), direct(big.numpy(), finer), atol=1e-9)


def test_products_of_series_add_up_to_the_spectrum_of_their_convolutions():
    x, h = (torch.stack([random_series(5), random_series(5).conj()]).to(torch.complex64) for _ in range(2))
    total = np.zeros((1, 9, 5), np.complex64)
    series.add_products(total, x[None], h.resolve_conj(), 0.5)
    expected = series.sample(0.5 * (x * h).sum(0), 9) / 9**2
    np.testing.assert_allclose(torch.fft.irfft2(torch.from_numpy(total[0]), s=(9, 9)), expected, atol=1e-5)


def test_cubic_spectrum_is_the_transform_of_keys_kernel():
    a = -0.75
    x = np.linspace(-2, 2, 40001)
    t = np.abs(x)
    kernel = np.where(t <= 1, (a + 2) * t**3 - (a + 3) * t**2 + 1, a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a)
    for f in (0.0, 0.17, 0.5, 1.3):
        expected = trapezoid(kernel * np.cos(2 * np.pi * f * x), x)
        assert series.cubic_spectrum(np.array([f]), a)[0] == pytest.approx(expected, abs=1e-7)


def test_interpolated_series_passes_through_the_cells_of_a_smooth_map():
    cells = (np.arange(21) + 0.5) / 21
    smooth = np.cos(2 * np.pi * cells)[:, None] + np.sin(4 * np.pi * cells)[None]
    spectrum = series.to_series(torch.from_numpy(smooth)) * series.interpolation(21)
    at = np.stack(np.meshgrid(cells, cells, indexing="ij"), -1).reshape(-1, 2)
    np.testing.assert_allclose(direct(spectrum.numpy(), at), smooth.ravel(), atol=0.02)


def test_gaussian_series_is_a_periodic_gaussian():
    size, sigma = 31, 1.7
    points = np.stack([np.zeros(9), np.linspace(-0.2, 0.2, 9)], 1)
    values = direct(series.gaussian_series(size, size, sigma), points)
    np.testing.assert_allclose(values, np.exp(-0.5 * (points[:, 1] * size / sigma) ** 2), atol=1e-5)


def test_fourier_coefficients_are_those_of_the_authors(golden):
    data = golden("feco_crossing_f1")
    shift = (data["pos"] - data["sample_pos"]).ravel() / (data["currentScaleFactor"].item() * 208)
    for block, size in ((1, 53), (2, 13), (3, 53)):
        maps = torch.from_numpy(
            np.ascontiguousarray((data[f"xl{block}"] * data[f"cos_window{block}"][:, :, None]).transpose(2, 0, 1))
        )
        got = series.shift(series.to_series(maps) * series.interpolation(size), tuple(shift)).numpy()
        expected = data[f"xlf{block}"][::-1, ::-1].conj().transpose(2, 0, 1)  # theirs is the left half
        assert np.linalg.norm(got - expected) < 1e-4 * np.linalg.norm(expected)
        label = series.gaussian_series(size, 53, float(data["sig_y"].ravel()[0]))
        np.testing.assert_allclose(label, data[f"yf{block}"][::-1, ::-1], rtol=1e-5)
