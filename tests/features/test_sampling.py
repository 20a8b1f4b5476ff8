import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfvgg_plugin.features import nearest_pixel, sample_patch
from cfvgg_plugin.features.sampling import centred_patch

IMAGE = np.random.default_rng(0).integers(0, 255, (37, 53, 3), np.uint8)


def by_index(image: np.ndarray, centre: tuple[int, int], width: int, height: int) -> np.ndarray:
    """The window pixel by pixel, out-of-range indices clipped."""
    columns = centre[0] + np.arange(1, width + 1) - (width + 1) // 2
    rows = centre[1] + np.arange(1, height + 1) - (height + 1) // 2
    return image[rows.clip(0, image.shape[0] - 1)][:, columns.clip(0, image.shape[1] - 1)]


@settings(max_examples=300, deadline=None)
@given(
    centre=st.tuples(st.integers(-200, 250), st.integers(-200, 250)),
    size=st.tuples(st.integers(2, 160), st.integers(2, 160)),
    grey=st.booleans(),
)
def test_windows_anywhere_repeat_the_border(centre, size, grey):
    image = IMAGE[:, :, 0] if grey else IMAGE
    patch = sample_patch(image, centre, size)
    expected = by_index(image, centre, *size)
    np.testing.assert_array_equal(patch, expected[:, :, None] if grey else expected)


@settings(max_examples=100, deadline=None)
@given(
    centre=st.tuples(st.integers(-300, 300), st.integers(-300, 300)),
    size=st.tuples(st.floats(0.1, 2000), st.floats(0.1, 2000)),
    output=st.tuples(st.integers(2, 90), st.integers(2, 90)),
)
def test_any_window_gives_the_size_asked_for(centre, size, output):
    patch = sample_patch(IMAGE, centre, size, output)
    assert patch.shape == (output[1], output[0], 3)
    assert patch.flags.c_contiguous and patch.flags.writeable


somewhere = st.one_of(st.integers(-300, 300), st.integers(-(10**9), 10**9))
side = st.one_of(st.floats(0.1, 300), st.floats(1, 1e9))


@settings(max_examples=100, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    centre=st.tuples(somewhere, somewhere),
    size=st.tuples(side, side),
    output=st.tuples(st.integers(2, 90), st.integers(2, 90)),
    sampler=st.sampled_from([sample_patch, centred_patch]),
    channels=st.sampled_from([1, 3]),
)
def test_every_pixel_comes_from_the_image(shape, centre, size, output, sampler, channels):
    """However far away, however large or narrow the window is: nothing else is read, and in bounded time."""
    image = np.full((*shape, channels), 93, np.uint8)
    patch = sampler(image[:, :, 0] if channels == 1 else image, centre, size, output)
    assert patch.shape == (output[1], output[0], channels)
    assert (patch == 93).all()


def test_a_window_that_is_larger_than_a_small_image_is_decimated_from_its_pixels():
    """Steps of 69 pixels in an image of 37 x 53: of each axis one pixel remains."""
    for sampler in (sample_patch, centred_patch):
        patch = sampler(IMAGE, (52, 60), (6950, 6950), (10, 10))
        assert (patch.reshape(-1, 3) == patch[0, 0]).all()
        assert (IMAGE.reshape(-1, 3) == patch[0, 0]).all(axis=1).any()


def test_a_window_of_the_whole_image_is_a_copy():
    image = IMAGE.copy()
    image.flags.writeable = False
    patch = sample_patch(image, (26, 18), (53, 37))
    np.testing.assert_array_equal(patch, image)
    assert not np.shares_memory(patch, image) and patch.flags.writeable


def test_large_windows_are_decimated_before_they_are_resized():
    patch = sample_patch(IMAGE, (26, 18), (40, 20), (10, 5))
    every_third = IMAGE[18 % 3 :: 3, 26 % 3 :: 3]
    window = by_index(every_third, (26 // 3, 18 // 3), 13, 7)
    np.testing.assert_array_equal(patch, cv2.resize(window, (10, 5), interpolation=cv2.INTER_LINEAR))


def test_nearest_pixel_rounds_half_up():
    assert nearest_pixel((2.5, -2.5)) == (3, -2)
    assert nearest_pixel((0.49, 7.51)) == (0, 8)


def test_the_sampling_grid_is_that_of_eco(golden, shared):
    """The authors' patches of the first frame of Crossing, at the size and position that their tracker chose."""
    data = golden("feco_crossing_f1")
    image = cv2.imread(str(shared("data/otb/Crossing/img/0001.jpg")))[:, :, ::-1]
    y, x = (int(v) - 1 for v in data["sample_pos"].ravel())
    scale = float(data["currentScaleFactor"].item())
    for patch, size in (("patch1", "img_sample_sz"), ("patch2", "img_support_sz")):
        height, width = (float(v) for v in data[size].ravel())
        got = sample_patch(image, (x, y), (width * scale, height * scale), data[patch].shape[1::-1])
        difference = np.abs(got.astype(int) - data[patch])
        assert difference.max() <= 6, patch  # another JPEG decoder
        assert difference.mean() < 0.5


@pytest.mark.parametrize("case", [10, 11, 12, 13])
def test_bilinear_resizing_is_that_of_the_authors(golden, case):
    data = golden("mexresize_cases")
    height, width = (int(v) for v in data[f"in_sz{case}"].ravel())
    source = np.ascontiguousarray(data["src"][:height, :width])
    expected = data[f"out{case}"]
    patch = sample_patch(source, ((width - 1) // 2, (height - 1) // 2), (width, height), expected.shape[1::-1])
    np.testing.assert_array_equal(patch, expected)
