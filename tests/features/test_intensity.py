import cv2
import numpy as np
import pytest
import scipy.io

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features.intensity import IntensityFeature, balanced_basis, cell_means, intensity_table


@pytest.mark.parametrize("bins", [6, 11, 16])
def test_the_formula_gives_the_published_tables(shared, bins):
    content = scipy.io.loadmat(str(shared(f"reference/tables/intensityChannelNorm{bins}.mat")))
    published = next(value for value in content.values() if getattr(value, "shape", ()) == (256, bins - 1))
    assert np.abs(intensity_table(bins) - published).max() < 1e-6


@pytest.mark.parametrize("count", [2, 3, 6, 7, 11, 16])
def test_the_basis_is_orthonormal_and_sums_to_zero(count):
    basis = balanced_basis(count)
    np.testing.assert_allclose(basis.T @ basis, np.eye(count - 1), atol=1e-12)
    np.testing.assert_allclose(basis.sum(0), 0, atol=1e-12)


def test_memberships_are_those_of_overlapping_bins():
    memberships = intensity_table(6) @ balanced_basis(6).T + 1 / 6
    np.testing.assert_allclose(memberships.sum(1), 1, atol=1e-6)
    assert memberships.min() > -1e-6
    np.testing.assert_allclose(memberships[0], [0.5, 0.5, 0, 0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(memberships[255], [0, 0, 0, 0, 0.5, 0.5], atol=1e-6)


def test_maps_are_table_rows_averaged_over_whole_cells():
    samples = np.random.default_rng(0).integers(0, 255, (2, 14, 19, 1), np.uint8)
    feature = IntensityFeature(cell=4, bins=7)
    maps = feature.build(None).extract(samples)
    direct = intensity_table(7)[samples[:, :12, :16, 0]].reshape(2, 3, 4, 4, 4, 6).mean((2, 4)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(maps.numpy(), direct, atol=1e-6)
    assert (feature.channels, feature.stride, feature.needs_network) == (6, 4, False)


def test_colours_become_grey_first():
    sample = np.random.default_rng(1).integers(0, 255, (1, 8, 8, 3), np.uint8)
    grey = cv2.cvtColor(sample[0], cv2.COLOR_RGB2GRAY)[None, :, :, None]
    np.testing.assert_array_equal(IntensityFeature().extract(sample), IntensityFeature().extract(grey))


def test_cells_of_one_pixel_are_the_look_up_itself():
    index = np.arange(12, dtype=np.int32).reshape(3, 4)
    table = np.arange(24, dtype=np.float32).reshape(12, 2)
    np.testing.assert_array_equal(cell_means(index, table, 1), table[index].transpose(2, 0, 1))


@pytest.mark.parametrize("wrong", [{"cell": 0}, {"bins": 2}])
def test_impossible_settings_are_named(wrong):
    with pytest.raises(InputError, match="at least 1 and 3"):
        IntensityFeature(**wrong)
