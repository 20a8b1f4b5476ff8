import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfvgg_plugin.boxes import Box, check_box, overlaps, parse_box
from cfvgg_plugin.errors import InputError

finite = st.floats(-1e4, 1e4)
side = st.floats(0.5, 1e4)
boxes = st.tuples(finite, finite, side, side)


@given(boxes)
def test_center_and_around_are_inverse(box):
    back = Box.around(Box(*box).center, box[2:])
    assert back == pytest.approx(box, abs=1e-6)


def test_the_center_of_a_pixel_is_the_pixel():
    assert Box(3, 5, 1, 1).center == (3, 5)
    assert Box(10, 20, 4, 3).center == (11.5, 21)


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
