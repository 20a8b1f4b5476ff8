"""A frame under another camera, and something in front of the target: pixels and boxes go together."""

import numpy as np
import pytest

from cfvgg_plugin.datasets.staging import Staging, stage, staged_boxes

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
