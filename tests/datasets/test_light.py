"""The change of light: the same for the same frame, within bounds, with flashes."""

import numpy as np
import pytest

from cfvgg_plugin.datasets.light import change_light, course, flash

GREY = np.full((60, 90, 3), 100, np.uint8)


def test_it_is_decided_by_seed_name_and_frame():
    changed = change_light(GREY, 1, "a", 7)
    assert changed.dtype == np.uint8 and changed.shape == GREY.shape
    np.testing.assert_array_equal(changed, change_light(GREY, 1, "a", 7))
    for other in ((2, "a", 7), (1, "b", 7), (1, "a", 30)):
        assert (change_light(GREY, *other) != changed).any()


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_flashes_last_one_to_three_frames_and_leave_the_start_alone(name):
    factors = np.array([flash(course(1, name), time) for time in range(2000)])
    lit = factors > 1
    assert not lit[:5].any() and factors.min() == 1 and factors.max() <= 6
    edges = np.flatnonzero(np.diff(np.r_[0, lit, 0]))
    lengths = edges[1::2] - edges[::2]
    assert set(lengths) == {1, 2, 3} and len(lengths) == pytest.approx(0.75 * 2000 / 16, rel=0.2)


def test_brighter_stays_brighter_and_a_target_stays_visible():
    """The order of grey levels is kept at every pixel; of two levels, most frames show at least a half of the step."""
    light, dark = np.full_like(GREY, 150), GREY
    steps = []
    for time in range(200):
        bright, low = (change_light(image, 1, "x", time).astype(int) for image in (light, dark))
        assert (bright >= low).all()
        steps.append(np.median(bright - low))
    assert np.mean(np.array(steps) >= 20) > 0.8


def test_light_changes_over_time_across_the_frame_and_in_colour():
    means = np.array([change_light(GREY, 1, "y", time).mean(axis=(0, 1)) for time in range(0, 150, 3)])
    assert np.ptp(means.mean(axis=1)) > 40
    assert np.ptp(means[:, 0] / means[:, 2]) > 0.1
    assert max(np.ptp(change_light(GREY, 1, "y", time)[:, :, 1]) for time in range(0, 150, 10)) > 40


def test_black_stays_black():
    assert change_light(np.zeros_like(GREY), 1, "z", 3).max() <= 2
