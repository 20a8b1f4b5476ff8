import numpy as np
import pytest
import torch
from torch.fft import irfft2, rfft2

from cfvgg_plugin.filters import kcf
from cfvgg_plugin.filters.fourier import energy, gaussian_label, hann_window

SHAPES = [(3, 6, 5), (2, 7, 8), (4, 5, 5)]


def shifts(x: np.ndarray) -> np.ndarray:
    """(H*W, C*H*W): every circular shift of a sample (C, H, W) as a row, shift (0, 0) first."""
    height, width = x.shape[1:]
    rows = [np.roll(x, (-i, -j), (1, 2)).ravel() for i in range(height) for j in range(width)]
    return np.array(rows)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("regularisation", [1e-2, 1.0])
def test_linear_filter_equals_dense_ridge_regression(shape, regularisation):
    """Equation 1 solved over all circular shifts by ordinary least squares in float64."""
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=shape), rng.normal(size=shape)
    y = gaussian_label(*shape[1:], 1.3).double()
    model = kcf.fit(torch.from_numpy(x), rfft2(y), kcf.linear_kernel, regularisation)
    response = irfft2(kcf.respond(model, torch.from_numpy(z), kcf.linear_kernel), s=shape[1:]).numpy()
    samples, tests = shifts(x), shifts(z)
    # the kernel is divided by the number of values, so lambda of the plain problem is larger by that
    gram = samples.T @ samples + regularisation * x.size * np.eye(x.size)
    weights = np.linalg.solve(gram, samples.T @ y.numpy().ravel())
    # the label's peak is the undisplaced sample, and label (i, j) belongs to the sample moved by (i, j)
    np.testing.assert_allclose(response.ravel(), tests @ weights, atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
def test_gaussian_filter_equals_dense_kernel_regression(shape):
    rng = np.random.default_rng(1)
    x, z = rng.normal(size=shape), rng.normal(size=shape)
    y = gaussian_label(*shape[1:], 1.0).double()
    kernel = kcf.gaussian_kernel(0.7)
    model = kcf.fit(torch.from_numpy(x), rfft2(y), kernel, 1e-3)
    response = irfft2(kcf.respond(model, torch.from_numpy(z), kernel), s=shape[1:]).numpy()
    samples, tests = shifts(x), shifts(z)

    def gram(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.exp(-((a[:, None] - b[None]) ** 2).sum(2) / (x.size * 0.7**2))

    alpha = np.linalg.solve(gram(samples, samples) + 1e-3 * np.eye(len(samples)), y.numpy().ravel())
    np.testing.assert_allclose(response.ravel(), gram(tests, samples) @ alpha, atol=1e-9)


@pytest.mark.parametrize("kernel", [kcf.linear_kernel, kcf.gaussian_kernel(0.5)])
def test_a_moved_sample_is_found_where_it_went(kernel):
    rng = np.random.default_rng(2)
    x = torch.from_numpy(rng.normal(size=(4, 16, 20)).astype(np.float32))
    model = kcf.fit(x, rfft2(gaussian_label(16, 20, 1.0)), kernel, 1e-4)
    response = irfft2(kcf.respond(model, x.roll((3, -5), (1, 2)), kernel), s=(16, 20))
    assert divmod(int(response.argmax()), 20) == (3, 15)
    assert response.max() == pytest.approx(1, abs=0.02)


def test_blending_is_linear():
    a, b = (
        kcf.KCFModel(torch.randn(4, 3, dtype=torch.complex64), torch.randn(2, 4, 3, dtype=torch.complex64))
        for _ in "ab"
    )
    mixed = kcf.blend(a, b, 0.25)
    torch.testing.assert_close(mixed.alpha, 0.75 * a.alpha + 0.25 * b.alpha)
    torch.testing.assert_close(mixed.template, 0.75 * a.template + 0.25 * b.template)


@pytest.mark.parametrize("width", [6, 7])
def test_energy_follows_parseval(width):
    maps = torch.randn(3, 5, width, dtype=torch.float64)
    torch.testing.assert_close(energy(rfft2(maps), width), maps.square().sum())


def test_label_and_window():
    label = gaussian_label(8, 9, 1.5)
    assert label[0, 0] == 1 and label.argmax() == 0
    assert label[1, 0] == label[-1, 0] == pytest.approx(np.exp(-0.5 / 1.5**2))
    window = hann_window(5, 7)
    assert window[2, 3] == pytest.approx(1) and window.min() > 0
    torch.testing.assert_close(window, window.flip(0, 1))
