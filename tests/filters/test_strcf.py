import dataclasses

import numpy as np
import pytest
import torch
from torch.fft import irfft2, rfft2

from cfvgg_plugin.filters import strcf
from cfvgg_plugin.filters.fourier import gaussian_label

CHANNELS, HEIGHT, WIDTH = 2, 6, 5
CELLS = HEIGHT * WIDTH


@pytest.fixture
def sample():
    return torch.randn((CHANNELS, HEIGHT, WIDTH), generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.fixture
def previous():
    maps = torch.randn((CHANNELS, HEIGHT, WIDTH), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return 0.2 * maps


def problem(penalties, temporal=3.0):
    return strcf.Problem(
        label=rfft2(gaussian_label(HEIGHT, WIDTH, 1).double()),
        window=strcf.regularisation_window((HEIGHT, WIDTH), (3, 2), 2.0, 0.1).double(),
        cells=CELLS,
        temporal=temporal,
        penalties=penalties,
    )


def correlation_matrix(sample):
    """(cells, channels * cells): the response, conj(F) X in the Fourier domain, to a filter, both as vectors."""
    shape, columns = sample.shape[1:], []
    for c in range(sample.shape[0]):
        for cell in range(shape.numel()):
            unit = torch.zeros(shape, dtype=torch.float64)
            unit.view(-1)[cell] = 1
            columns.append(irfft2(rfft2(unit).conj() * rfft2(sample[c]), s=shape).flatten())
    return torch.stack(columns, 1).numpy()


def dense_admm(sample, given, previous):
    """ADMM with every step a dense least-squares problem in the image domain; the filter (channels * cells,)."""
    matrix, label = correlation_matrix(sample), gaussian_label(HEIGHT, WIDTH, 1).double().numpy().ravel()
    size = matrix.shape[1]
    weights = np.tile(given.window.numpy().ravel(), CHANNELS)
    old = np.zeros(size) if previous is None else previous.numpy().ravel()
    mu = 0.0 if previous is None else given.temporal
    f, g, h = np.zeros(size), np.zeros(size), np.zeros(size)
    for gamma in given.penalties:
        # gradient of |A f - y|^2 / 2cells + h (f - g) + gamma/2 |f - g|^2 + mu/2 |f - old|^2, the last with sums over
        # cells: Fourier-domain errors carry the factor `cells`, the division by `cells` takes it away again
        left = matrix.T @ matrix / given.cells + (gamma + mu) * np.eye(size)
        f = np.linalg.solve(left, matrix.T @ label / given.cells + gamma * g - h + mu * old)
        g = (gamma * f + h) / (weights**2 + gamma)
        h = h + gamma * (f - g)
    return f


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("penalties", [(1.0,), (1.0, 0.1), (0.5, 2.0, 2.0, 0.3)])
def test_every_step_is_the_dense_minimiser(sample, previous, penalties, first):
    given = problem(penalties)
    filt = strcf.fit(rfft2(sample), given, None if first else rfft2(previous))
    got = irfft2(filt, s=(HEIGHT, WIDTH)).numpy().ravel()
    np.testing.assert_allclose(got, dense_admm(sample, given, None if first else previous), rtol=1e-9, atol=1e-12)


def test_many_iterations_minimise_the_whole_objective(sample, previous):
    given = problem((1.0,) * 1500)
    matrix, label = correlation_matrix(sample), gaussian_label(HEIGHT, WIDTH, 1).double().numpy().ravel()
    weights = np.tile(given.window.numpy().ravel(), CHANNELS)
    left = matrix.T @ matrix / CELLS + np.diag(weights**2) + given.temporal * np.eye(len(weights))
    right = matrix.T @ label / CELLS + given.temporal * previous.numpy().ravel()
    got = irfft2(strcf.fit(rfft2(sample), given, rfft2(previous)), s=(HEIGHT, WIDTH)).numpy().ravel()
    np.testing.assert_allclose(got, np.linalg.solve(left, right), rtol=1e-6, atol=1e-9)


def test_single_precision_is_close_to_double(sample, previous):
    given = problem((1.0, 0.1))
    double = strcf.fit(rfft2(sample), given, rfft2(previous))
    less = dataclasses.replace(given, label=given.label.to(torch.complex64), window=given.window.float())
    single = strcf.fit(rfft2(sample.float()), less, rfft2(previous.float()))
    assert single.dtype == torch.complex64
    torch.testing.assert_close(single, double.to(torch.complex64), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("height", "width"), [(12, 13), (13, 12)])
def test_the_cells_that_are_kept_say_all(height, width):
    """A window that leaves nothing outside the target, beside the transforms of whole maps."""
    generator = torch.Generator().manual_seed(5)
    spectrum = rfft2(torch.randn((3, height, width), generator=generator))
    window = strcf.regularisation_window((height, width), (4, 3), 1e5, 1e-3)
    given = strcf.Problem(rfft2(torch.zeros(height, width)), window, height * width, 15.0, (1.0, 0.1))
    assert [s.stop - s.start for s in given.kept] == [4, 3]
    expected = rfft2(irfft2(spectrum, s=window.shape) / (window.square() + 0.1))
    torch.testing.assert_close(strcf._shrink(spectrum, given, 0.1), expected, rtol=1e-5, atol=2e-5)


def test_a_heavy_past_holds_the_filter(sample, previous):
    given = dataclasses.replace(problem((1.0, 0.1)), temporal=1e9)
    torch.testing.assert_close(strcf.fit(rfft2(sample), given, rfft2(previous)), rfft2(previous), rtol=1e-6, atol=1e-6)


def test_responses_are_correlations(sample):
    filters = torch.randn((CHANNELS, HEIGHT, WIDTH), generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    got = irfft2(strcf.respond(rfft2(filters), rfft2(sample)[None]), s=(HEIGHT, WIDTH))[0]
    expected = correlation_matrix(sample) @ filters.numpy().ravel()
    np.testing.assert_allclose(got.numpy().ravel(), expected, atol=1e-12)


def test_the_published_penalties_go_down():
    assert strcf.penalty_schedule(1, 10, 0.1, 2) == (1, 0.1)
    assert strcf.penalty_schedule(1, 10, 50, 4) == (1, 10, 50, 50)


@pytest.mark.parametrize(("height", "width"), [(12, 13), (13, 12), (48, 48), (3, 2), (1, 1)])
def test_enlarged_maps_are_the_same_series(height, width):
    """Beside a sum over the known frequencies at every cell of the larger map."""
    maps = torch.randn((2, height, width), generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    total = torch.zeros((2, 48, 25), dtype=torch.complex128)
    strcf.add_enlarged(total, 48, rfft2(maps), width)
    got = irfft2(total, s=(48, 48))
    if (height, width) == (48, 48):
        torch.testing.assert_close(got, maps)
        return
    full = torch.fft.fft2(maps)
    expected = torch.zeros((2, 48, 48), dtype=torch.complex128)
    cells = torch.arange(48).double() / 48
    for v in range(-((height - 1) // 2), (height + 1) // 2):
        for u in range(-((width - 1) // 2), (width + 1) // 2):
            wave = torch.exp(2j * torch.pi * (v * cells[:, None] + u * cells[None]))
            expected += full[:, v, u, None, None] * wave / (height * width)
    torch.testing.assert_close(got, expected.real)


def test_spatial_weights_cover_the_target():
    window = strcf.regularisation_window((12, 13), (5, 4), 9.0, 1.0)
    inside = np.argwhere(window.numpy() == 1)
    assert inside.min(0).tolist() == [4, 4] and inside.max(0).tolist() == [8, 7] and len(inside) == 20
    assert (strcf.regularisation_window((4, 4), (0, 0), 9.0, 1.0) == 1).sum() == 1
    assert (strcf.regularisation_window((4, 5), (9, 70), 9.0, 1.0) == 1).all()
