import cv2
import numpy as np
import pytest

from cfvgg_plugin.datasets.layouts import load_otb
from cfvgg_plugin.features.area import shrink, shrink_windows
from cfvgg_plugin.registry import load_settings
from cfvgg_plugin.trackers.feco.scale import ScaleEstimator
from cfvgg_plugin.video.frames import read_image


@pytest.mark.parametrize("case", [1, 2, 3, 4, 6, 8])
def test_averages_are_those_of_the_authors_library(golden, case):
    data = golden("mexresize_cases")
    assert data[f"mode{case}"] == ["auto"]  # which means area averaging for these sizes
    height, width = data[f"in_sz{case}"].astype(int).ravel()
    new_height, new_width = data[f"out_sz{case}"].astype(int).ravel()
    image = np.ascontiguousarray(data["src"][:height, :width])
    np.testing.assert_array_equal(shrink(image, new_width, new_height), data[f"out{case}"])


def test_grey_averages_are_those_of_the_authors_library(golden):
    data = golden("mexresize_cases")
    height, width = data["gray_out"].shape
    np.testing.assert_array_equal(shrink(data["gray_in"][:, :, None], width, height)[:, :, 0], data["gray_out"])


@pytest.mark.parametrize("frame", [1, 2])
def test_scale_samples_are_those_of_the_authors(golden, shared, frame):
    """FHOG vectors of fECO's scale filter on Crossing: a grey level more turns gradients into other bins."""
    one, two = golden("feco_crossing_f1"), golden("feco_crossing_f2")
    position, scale, wanted = (
        (one["pos"], one["currentScaleFactor"], one["scale_s_num"])
        if frame == 1
        else (two["pos"], two["currentScaleFactor_before"], two["scale_sample"])
    )
    image = read_image(load_otb(shared("data/otb"), ["Crossing"])[0].frames[frame - 1])
    estimator = ScaleEstimator(load_settings("feco").scale_filter, tuple(one["base_target_sz"].ravel()[::-1]))
    found = estimator._samples(image, tuple(position.ravel()[::-1] - 1.0), scale.item()).vectors
    width, height = estimator._model_size
    wanted = wanted.T.reshape(17, 31, width // 4, height // 4).swapaxes(2, 3).reshape(17, -1)  # MATLAB's order
    np.testing.assert_allclose(found, wanted, atol=1e-4)  # 20 of the 34 of both frames with OpenCV 5's averages


@pytest.mark.parametrize("size", [(7, 5), (20, 30), (13, 38), (40, 40)])
def test_averages_are_exact_to_rounding(size):
    """Beside sums of pixels by the share of them that falls into each cell, in float64."""
    image = np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)
    shares = []
    for new in size:
        edges = np.arange(new + 1) * 40 / new
        cells = np.minimum(edges[1:, None], np.arange(1, 41)) - np.maximum(edges[:-1, None], np.arange(40))
        shares.append(np.maximum(cells, 0) * new / 40)
    exact = np.einsum("yi,xj,ijc->yxc", shares[1], shares[0], image.astype(float))
    found = shrink(image, *size)
    assert found.shape == (size[1], size[0], 3)
    assert np.abs(found - exact).max() <= 0.5 + 1e-4


def test_windows_repeat_the_border_and_skip_what_would_grow():
    image = np.random.default_rng(2).integers(0, 256, (30, 40, 3), np.uint8)
    starts = np.array([(-5, -4), (30, 20), (5, 6), (0, 0), (0, 0)])
    sizes = np.array([(12, 16), (14, 18), (10, 12), (5, 20), (20, 7)])
    out = np.zeros((5, 9, 6, 3), np.uint8)
    filled = shrink_windows(image, starts, sizes, out)
    assert filled.tolist() == [True, True, True, False, False]
    bordered = cv2.copyMakeBorder(image, 20, 20, 20, 20, cv2.BORDER_REPLICATE)
    for (x, y), (w, h), patch in zip(starts[:3], sizes[:3], out[:3], strict=True):
        window = np.ascontiguousarray(bordered[20 + y : 20 + y + h, 20 + x : 20 + x + w])
        np.testing.assert_array_equal(patch, shrink(window, 6, 9))
    assert not out[3:].any()
