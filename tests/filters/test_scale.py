import numpy as np
import pytest

from cfvgg_plugin.filters.scale import find_scale, make_scale_grid, update_scale


def fdsst(template: np.ndarray, sample: np.ndarray, grid, regularisation: float) -> np.ndarray:
    """Response over scales as fDSST computes it: projected by orthonormal bases of template and sample."""
    basis, own = np.linalg.qr(template.T)[0], np.linalg.qr(template.T)[0]
    numerator = grid.label * np.fft.fft((basis.T @ template.T) * np.hanning(17), axis=1).conj()
    denominator = (np.abs(np.fft.fft((own.T @ template.T) * np.hanning(17), axis=1)) ** 2).sum(0)
    projected = np.fft.fft((basis.T @ sample.T) * np.hanning(17), axis=1)
    return (numerator * projected).sum(0) / (denominator + regularisation)


def test_products_between_scales_are_enough():
    """No basis is needed: the response equals that of the compressed filter."""
    rng = np.random.default_rng(0)
    grid = make_scale_grid(17, 33, 1.02, 1 / 16)
    template, sample = (rng.normal(size=(17, 200)).astype(np.float32) for _ in "ab")
    spectrum = fdsst(template.astype(float), sample.astype(float), grid, 1e-2)
    padded = np.zeros(33, complex)
    padded[:9], padded[-8:] = spectrum[:9], spectrum[9:]
    response = np.fft.ifft(padded).real
    best = int(response.argmax())
    found = find_scale(update_scale(None, template, grid, 1), sample, grid, 1e-2)
    around = sorted(grid.fine_factors[(best + d) % 33] for d in (-1, 0, 1))
    assert around[0] <= found <= around[2]


@pytest.mark.parametrize("true", [-3, 0, 2])
def test_a_known_scale_is_found(true):
    """Features that vary smoothly with log-scale: moving along the scales is a change of scale."""
    grid = make_scale_grid(17, 33, 1.02, 1 / 16)
    axis = np.log(grid.factors)[:, None]
    centres = np.linspace(-0.5, 0.5, 60)[None]
    samples = np.exp(-0.5 * ((axis - centres) / 0.05) ** 2).astype(np.float32)
    moved = np.exp(-0.5 * ((axis - true * np.log(1.02) - centres) / 0.05) ** 2).astype(np.float32)
    found = find_scale(update_scale(None, samples, grid, 1), moved, grid, 1e-2)
    assert np.log(found) / np.log(1.02) == pytest.approx(true, abs=0.6)


def test_the_filter_is_that_of_the_authors(golden):
    one, two = golden("feco_crossing_f1"), golden("feco_crossing_f2")
    grid = make_scale_grid(17, 33, 1.02, 1 / 16)
    np.testing.assert_allclose(grid.factors, one["scale_scaleSizeFactors"].ravel())
    np.testing.assert_allclose(grid.fine_factors, one["scale_interpScaleFactors"].ravel())
    np.testing.assert_allclose(grid.label, one["scale_yf"].ravel(), atol=1e-5)
    model = update_scale(None, one["scale_s_num"].T.astype(np.float32), grid, 0.025)
    np.testing.assert_allclose(model.denominator, one["scale_sf_den"].ravel(), rtol=1e-5)
    found = find_scale(model, two["scale_sample"].T.astype(np.float32), grid, 1e-2)
    assert found == pytest.approx(two["scale_change_factor"].item(), abs=1e-5)


def test_updates_blend():
    rng = np.random.default_rng(1)
    grid = make_scale_grid(5, 9, 1.05, 1 / 4)
    a, b = (rng.normal(size=(5, 12)).astype(np.float32) for _ in "ab")
    first = update_scale(None, a, grid, 0.3)
    second = update_scale(first, b, grid, 0.3)
    np.testing.assert_allclose(second.template, 0.7 * a + 0.3 * b, atol=1e-6)
    np.testing.assert_allclose(
        second.denominator, 0.7 * first.denominator + 0.3 * update_scale(None, b, grid, 1).denominator
    )
