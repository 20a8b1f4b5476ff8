"""Another camera and something in front of the target: pixels and boxes go together. Light: the same for a frame."""

import numpy as np
import pytest

from cfvgg_plugin.datasets.staging import Staging, change_light, course, flash, stage, staged_boxes

WIDTH, HEIGHT = 121, 81
BOX = np.array([[50.0, 30, 20, 10]])


@pytest.fixture
def frame():
    """Grey noise with a white target."""
    image = np.random.default_rng(0).integers(0, 100, (HEIGHT, WIDTH, 3), np.uint8)
    image[30:40, 50:70] = 255
    return image


def edges(image) -> list[float]:
    """x, y, w, h of what is white."""
    rows, columns = np.nonzero(image.min(axis=2) > 160)
    return [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]


@pytest.mark.parametrize("zoom", [0.6, 1.0, 1.4])
@pytest.mark.parametrize("shift", [(0.0, 0.0), (13.0, -7.0)])
def test_the_box_stays_on_the_target(frame, zoom, shift):
    staging = Staging(zoom, shift)
    (box,) = staged_boxes(BOX, [staging], WIDTH, HEIGHT)
    np.testing.assert_allclose(edges(stage(frame, staging)), box, atol=1.01)
    assert box[2] == pytest.approx(20 * zoom)


def test_nothing_done_is_the_frame_itself(frame):
    np.testing.assert_array_equal(stage(frame, Staging()), frame)


@pytest.mark.parametrize("x", [-12, 55, 110])
def test_what_hides_shows_what_is_half_a_frame_away(frame, x):
    kept, hidden = frame.copy(), np.zeros((HEIGHT, WIDTH), bool)
    hidden[28:48, max(x, 0) : x + 30] = True
    seen = stage(frame, Staging(hidden=(x, 28, 30, 20)))
    away = np.roll(frame, (-(HEIGHT // 2), -(WIDTH // 2)), axis=(0, 1))
    np.testing.assert_array_equal(seen, np.where(hidden[:, :, None], away, frame))
    np.testing.assert_array_equal(frame, kept)


def test_a_target_out_of_sight_is_not_scored():
    boxes = staged_boxes(np.tile(BOX, (3, 1)), [Staging(shift=(x, 0)) for x in (-61.0, -59.0, 61.5)], WIDTH, HEIGHT)
    np.testing.assert_array_equal(np.isfinite(boxes).all(axis=1), [False, True, False])
    assert np.isnan(staged_boxes(np.full((1, 4), np.nan), [Staging()], WIDTH, HEIGHT)).all()


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
