import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cfvgg_plugin.boxes import Box, check_box, check_place, overlaps, parse_box
from cfvgg_plugin.errors import InputError

finite = st.floats(-1e4, 1e4)
side = st.floats(0.5, 1e4)
boxes = st.tuples(finite, finite, side, side)


@given(boxes)
def test_centre_and_around_are_inverse(box):
    back = Box.around(Box(*box).centre, box[2:])
    assert back == pytest.approx(box, abs=1e-6)


def test_the_centre_of_a_pixel_is_the_pixel():
    assert Box(3, 5, 1, 1).centre == (3, 5)
    assert Box(10, 20, 4, 3).centre == (11.5, 21)


@given(boxes, boxes, st.tuples(finite, finite))
def test_overlap_is_symmetric_bounded_and_moves_along(a, b, by):
    shift = np.array([*by, 0, 0])
    value = overlaps(a, b)[0]
    assert 0 <= value <= 1
    assert value == overlaps(b, a)[0]
    assert overlaps(a + shift, b + shift)[0] == pytest.approx(value, abs=1e-6)
    assert overlaps(a, a)[0] == pytest.approx(1)


def test_overlap_of_whole_pixels_counts_pixels():
    rng = np.random.default_rng(0)
    for _ in range(50):
        pair = np.concatenate([rng.integers(0, 15, (2, 2)), rng.integers(1, 15, (2, 2))], 1)
        masks = np.zeros((2, 30, 30), bool)
        for mask, (x, y, w, h) in zip(masks, pair, strict=True):
            mask[y : y + h, x : x + w] = True
        assert overlaps(pair[0], pair[1])[0] == pytest.approx((masks[0] & masks[1]).sum() / (masks[0] | masks[1]).sum())


def test_boxes_without_area_overlap_nothing():
    assert overlaps([(0, 0, 0, 0), (0, 0, 5, math.nan), (0, 0, -3, 4)], [(0, 0, 5, 5)] * 3).tolist() == [0, 0, 0]


def test_parse_box():
    assert parse_box("128,79.5, 64,78") == (128, 79.5, 64, 78)
    for text in ("1,2,3", "1,2,3,4,5", "a,b,c,d", ""):
        with pytest.raises(InputError, match="four numbers"):
            parse_box(text)


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((5, 5, 0, 10), "at least 1 pixel"),
        ((5, 5, 10, -2), "at least 1 pixel"),
        ((math.nan, 5, 10, 10), "finite"),
        ((5, 5, math.inf, 10), "finite"),
        ((100, 5, 10, 10), "outside the frame of 100x80"),
        ((5, -10, 10, 10), "outside"),
        ((5, 5, 10), "four numbers"),
    ],
)
def test_unusable_boxes_are_named(box, words):
    with pytest.raises(InputError, match=words):
        check_box(box, 100, 80)


def test_partly_visible_boxes_are_fine():
    assert check_box((-5, -5, 10, 10), 100, 80) == (-5, -5, 10, 10)
    assert check_box((99, 79, 500, 500), 100, 80) == (99, 79, 500, 500)


@pytest.mark.parametrize(
    "box",
    [
        np.array([5, 6, 10, 20]),
        np.array([[5, 6, 10, 20]], np.int32),  # selectROIs
        [[5, 6, 10, 20]],
        ((5, 6, 10, 20),),
        [np.float32(5), np.int64(6), Fraction(10), 20.0],
        torch.tensor([5.0, 6, 10, 20], requires_grad=True),
        list(torch.tensor([5.0, 6, 10, 20])),
        torch.tensor([[5, 6, 10, 20]]),
        iter((5, 6, 10, 20)),
        [np.array(5), np.array(6.0), 10, 20],
    ],
)
def test_boxes_of_other_libraries(box):
    assert check_box(box, 100, 80) == (5, 6, 10, 20)


@pytest.mark.parametrize(
    "box",
    [
        None, 5, "5,6,10,20", b"5,6,10,20", (), [], {}, {"x": 5, "y": 6, "w": 10, "h": 20}, {5, 6, 10, 20}, [[]],
        [None] * 4, ["5", "6", "10", "20"], [5, 6, 10, 20j], np.zeros((0, 4)), np.float64(5), np.array(5), object(),
        (5, 6, 10, 10**400), [[5, 6], [10, 20]], [[[5, 6, 10, 20]]], torch.tensor(5), "x" * 500, [[5], [6], [10], [20]],
    ],
)  # fmt: skip
def test_what_is_no_box_is_named_in_one_line(box):
    with pytest.raises(InputError, match=r"four numbers x,y,w,h") as caught:
        check_box(box, 100, 80)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 140


def test_of_several_boxes_none_is_chosen():
    for boxes in (np.ones((2, 4)), [(5, 6, 10, 20)] * 4, torch.ones(3, 4)):
        with pytest.raises(InputError, match=f"{len(boxes)} boxes; expected one"):
            check_box(boxes, 100, 80)


@pytest.mark.parametrize(
    "box", [(-5000, -5000, 20000, 20000), (0, 0, 1e300, 1e300), (50, 50, 4051, 2), (-4001, 5, 8000, 5), (5, 5, 5, 1e18)]
)
def test_boxes_of_many_frame_sizes_are_refused(box):
    with pytest.raises(InputError, match="more than 40 frame sizes beyond the frame of 100x80"):
        check_box(box, 100, 80)
    assert check_box((-4000, -4000, 8100, 8080), 100, 80).w == 8100


def test_places_may_lie_beside_the_frame():
    assert check_place((-20, 300, 10, 0.5), 100, 80) == (-20, 300, 10, 0.5)
    for box, words in (((5, 5, 0, 5), "above 0"), ((5, 5, 5, -1), "above 0"), ((5000, 5, 5, 5), "more than 40")):
        with pytest.raises(InputError, match=words):
            check_place(box, 100, 80)
