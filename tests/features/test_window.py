import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfvgg_plugin import create_tracker
from cfvgg_plugin.boxes import Box
from cfvgg_plugin.features import HOGFeature, nearest_pixel, sample_patch
from cfvgg_plugin.features.window import inside, lay_window
from cfvgg_plugin.registry import load_settings

IMAGE = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
TRACKERS = ["feco/hand_crafted", "feco/hand_crafted_vot", "fdeepstrcf/hand_crafted", "fkcf/hog"]


def lay(box, step=1.02):
    area = load_settings("feco/hand_crafted")
    return lay_window(IMAGE, Box(*box), area, step, [HOGFeature(4)], None, "odd", sample_patch)


@pytest.mark.parametrize("box", [(30.5, 40, 20, 31), (0, 0, 160, 120), (-50, -40, 300, 300), (79, 59, 1, 1)])
def test_a_window_starts_on_the_box_that_it_was_laid_out_for(box):
    window, place = lay(box)
    assert window.box(*place) == pytest.approx(box)
    assert window.place(Box(*box)) == (pytest.approx(place[0]), pytest.approx(place[1]))
    side = window.extractor.sizes.support // 4
    assert window.extract(IMAGE, place[0], [place[1]])[0].shape == (1, 31, side, side)


def test_scales_are_whole_steps_between_five_pixels_and_the_image():
    window, (_, scale) = lay((30, 40, 24, 30), 1.1)
    least, most = window.scales
    support = window.extractor.sizes.support
    assert 5 <= least * support < 5 * 1.1
    assert 120 / 1.1 < most * window.target[1] <= 120 and most * window.target[0] <= 160
    assert window.bounded((3, 4), 0.0) == ((3, 4), least) and window.bounded((3, 4), 9e9) == ((3, 4), most)
    assert least < scale < most


def test_a_target_larger_than_the_image_keeps_its_size():
    window, (_, scale) = lay((-50, -40, 300, 300))
    assert window.scales[1] == scale


def test_boxes_of_another_shape_are_placed_by_their_area():
    window, _ = lay((30, 40, 24, 30))
    box = window.box(*window.place(Box(50, 60, 48, 15)))
    assert box.w * box.h == pytest.approx(48 * 15) and box.w / box.h == pytest.approx(24 / 30)
    assert box.centre == pytest.approx(Box(50, 60, 48, 15).centre)


@settings(deadline=None)
@given(x=st.floats(-1e9, 1e9), y=st.floats(-1e9, 1e9))
def test_a_position_inside_is_kept_and_another_comes_to_the_nearest_pixel(x, y):
    a, b = inside((x, y), (160, 120))
    assert 0 <= a <= 159 and 0 <= b <= 119
    assert a in (x, 0 if x < 0 else 159)
    assert b in (y, 0 if y < 0 else 119)
    column, row = nearest_pixel((a, b))
    assert IMAGE[row, column].shape == (3,)


@pytest.mark.parametrize("name", TRACKERS)
def test_no_tracker_takes_a_target_out_of_the_image(name, blob):
    """The target moves on over the left edge; what is seen of it there pulls the trackers after it."""
    images, boxes = blob
    x, y, w, h = (int(v) for v in boxes[0])
    target = images[0][y : y + h, x : x + w]
    frames = []
    for left in range(30, -25, -5):
        frame = images[0].copy()
        frame[y : y + h, x : x + w] = images[20][y : y + h, x : x + w]
        if left + w > 0:
            frame[y : y + h, max(left, 0) : left + w] = target[:, max(-left, 0) :]
        frames.append(frame)
    tracker = create_tracker(name)
    tracker.init(frames[0], boxes[0])
    for frame in frames[1:]:
        a, b = tracker.update(frame).box.centre
        assert 0 <= a <= 159 and 0 <= b <= 119
    for guide in ((-300, -200, 24, 24), (900, 50, 24, 24)):
        a, b = tracker.search(frames[0], guide).centre
        assert 0 <= a <= 159 and 0 <= b <= 119


@pytest.mark.parametrize("name", TRACKERS)
@pytest.mark.parametrize("box", [(-70, -60, 300, 240), (-20, -20, 200, 160)])
def test_no_tracker_shrinks_a_target_that_is_larger_than_the_frame(name, box):
    tracker = create_tracker(name)
    tracker.init(IMAGE, box)
    for _ in range(5):
        assert tracker.update(IMAGE).box.w == pytest.approx(box[2], rel=0.1)
