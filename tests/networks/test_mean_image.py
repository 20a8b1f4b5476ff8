import numpy as np
import pytest

from cfvgg_plugin.networks.mean_image import resize_mean


def test_resizing_equals_matlab(golden):
    data = golden("averageImage_resized")
    mean = data["avg"].astype(np.float32)
    for name in ("avg227", "avg200", "avg300"):
        expected = data[name]
        assert np.abs(resize_mean(mean, *expected.shape[:2]) - expected).max() < 1e-4


@pytest.mark.parametrize(("height", "width"), [(10, 40), (224, 224), (301, 99), (31, 500)])
def test_a_constant_stays_constant(height, width):
    resized = resize_mean(np.full((224, 224, 3), 117.5, np.float32), height, width)
    assert resized.shape == (height, width, 3)
    np.testing.assert_allclose(resized, 117.5, rtol=1e-6)


def test_enlarging_reproduces_a_ramp_inside():
    ramp = np.repeat(np.arange(40, dtype=np.float32)[None, :, None], 40, 0).repeat(3, 2)
    resized = resize_mean(ramp, 40, 80)[0, 8:-8, 0]
    np.testing.assert_allclose(resized, (np.arange(80)[8:-8] + 0.5) / 2 - 0.5, atol=1e-5)


def test_channel_means_are_repeated():
    resized = resize_mean(np.array([1, 2, 3], np.float32), 10, 20)
    np.testing.assert_array_equal(resized, np.broadcast_to([1, 2, 3], (10, 20, 3)))
