"""Clips that are interrupted, and turned when they go on."""

import numpy as np
import pytest

from cfvgg_plugin.datasets.gaps import AFTER, BEFORE, GAP, MISSED, choose_turn, turned
from cfvgg_plugin.datasets.images import read_frame
from cfvgg_plugin.datasets.known import load_dataset
from cfvgg_plugin.errors import InputError
from tests.conftest import moving_blob
from tests.layouts import make_clips, make_gap

NOTHING = [np.nan] * 4


def test_another_clip_runs_while_the_target_is_away(tmp_path):
    make_gap(tmp_path)
    bear, stunt = load_dataset("clips_validation_gap", tmp_path).sequences
    _, boxes = moving_blob(30)
    absent = np.arange(len(bear.frames)) // BEFORE == 1
    absent[BEFORE + GAP :] = False
    np.testing.assert_array_equal(bear.absent, absent)
    assert [frame.video.stem for frame in bear.frames[BEFORE : BEFORE + GAP]] == ["davis_stunt"] * GAP
    assert [frame.number for frame in bear.frames[BEFORE + GAP :]] == list(range(BEFORE + MISSED, 30))
    np.testing.assert_allclose(bear.boxes[:BEFORE], boxes[:BEFORE])
    assert np.isnan(bear.boxes[bear.absent]).all() and not np.isnan(bear.boxes[~bear.absent]).any()
    assert {frame.video.stem for frame in stunt.frames[BEFORE : BEFORE + GAP]} == {"davis_bear"}
    back = BEFORE + GAP
    assert np.abs(bear.boxes[back, 0] - bear.boxes[BEFORE - 1, 0]) > 48  # a target that waits is not there
    x, y, w, h = bear.boxes[back].astype(int)
    whole = load_dataset("clips_validation", tmp_path).sequences[0]
    left, top = boxes[BEFORE + MISSED, :2].astype(int)
    shown = read_frame(whole, BEFORE + MISSED)[top : top + h, left : left + w]
    np.testing.assert_array_equal(read_frame(bear, back)[y : y + h, x : x + w], shown)


def test_boxes_turn_with_the_frame():
    boxes = np.array([(10, 5, 20, 8), (85, 5, 20, 8), NOTHING, (-5, 1, 10, 2)], float)
    np.testing.assert_array_equal(turned(boxes, 0, 100), boxes)
    expected = [(40, 5, 20, 8), (15, 5, 15, 8), NOTHING, (30, 1, 5, 2)]  # what lies beyond the frame is not turned
    np.testing.assert_array_equal(turned(boxes, 30, 100), expected)
    assert np.isnan(turned(boxes, 80, 100)[0]).all() or turned(boxes, 80, 100)[0, 0] == 90
    np.testing.assert_array_equal(turned(boxes, 75, 100)[0], NOTHING)  # across the seam


def test_the_turn_keeps_the_target_whole_and_takes_it_far():
    boxes = np.tile([40.0, 10, 20, 20], (10, 1))
    assert choose_turn(boxes, boxes[0], 100) == 40
    assert choose_turn(np.tile([0.0, 10, 100, 20], (10, 1)), boxes[0], 100) == 0  # as wide as the frame


def test_what_cannot_be_interrupted_is_named(tmp_path):
    make_clips(tmp_path, "davis_bear", 30)
    with pytest.raises(InputError, match=r"davis_bear.avi: no other video is there to fill its gap"):
        load_dataset("clips_validation_gap", tmp_path)
    make_clips(tmp_path, "davis_stunt", 12)
    with pytest.raises(InputError, match=rf"12 frames; with a gap {BEFORE + MISSED + AFTER} are needed"):
        load_dataset("clips_validation_gap", tmp_path, ["davis_stunt.1"])
