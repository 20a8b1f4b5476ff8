"""Interrupted clips, turned when they go on; clips made long and hard, each hardship by its own lot of the seed."""

from collections import Counter
from dataclasses import astuple

import numpy as np
import pytest

from cfvgg_plugin.datasets.clips import validation_clips
from cfvgg_plugin.datasets.hard import (
    AFTER,
    BEFORE,
    BEGINNING,
    GAP,
    MISSED,
    choose_turn,
    draw_lot,
    there_and_back,
    turned,
)
from cfvgg_plugin.datasets.images import read_frame, read_frames
from cfvgg_plugin.datasets.known import HARD, load_dataset
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


COUNT = 30
DATASETS = ["clips_validation_hard" + ("" if seed == 1 else f"_{seed}") for seed in HARD]


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Eight validation clips of one moving blob."""
    root = tmp_path_factory.mktemp("clips")
    for name in sorted(validation_clips())[:8]:
        make_clips(root, name, COUNT)
    return root


@pytest.fixture(scope="module")
def sequences(clips):
    """Of all seeds, with their lots."""
    return [(draw_lot(seed, s.name)[0], s) for seed, name in zip(HARD, DATASETS, strict=True)
            for s in load_dataset(name, clips).sequences]  # fmt: skip


def test_the_way_there_and_back_and_there():
    assert there_and_back(4).tolist() == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3]
    assert there_and_back(1).tolist() == [0]


def test_hardships_fall_by_lot():
    lots = np.array([astuple(draw_lot(seed, f"clip {number}")[0]) for seed in (1, 2) for number in range(1000)])
    np.testing.assert_allclose(lots.mean(axis=0), (0.4, 0.5, 0.5, 0.35, 0.6), atol=0.04)
    assert np.abs(np.corrcoef(lots.T) - np.eye(5)).max() < 0.1
    assert (lots[:1000] != lots[1000:]).any(axis=1).mean() > 0.9


def test_each_does_what_its_lot_says(sequences):
    met = Counter()
    for lot, sequence in sequences:
        whole = there_and_back(COUNT)
        assert [f.number for f in sequence.frames] == whole[:: 2 if lot.fast else 1].tolist()
        stagings = [frame.staging for frame in sequence.frames]
        assert (sequence.light is not None) == lot.lit
        assert (max(abs(np.log(s.zoom)) for s in stagings) > 0.03) == lot.zooms
        assert (max(map(abs, np.ravel([s.shift for s in stagings]))) > 1) == lot.shakes
        hidden = [number for number, s in enumerate(stagings) if s.hidden]
        assert bool(hidden) == lot.hidden and all(number >= BEGINNING for number in hidden)
        met.update(name for name, drawn in vars(lot).items() if drawn)
    assert min(met.values()) >= 5


def test_the_first_frame_is_as_it_was_but_for_its_light(sequences, clips):
    plain = {s.name: s for s in load_dataset("clips_validation", clips).sequences}
    for lot, sequence in sequences:
        np.testing.assert_allclose(sequence.boxes[0], plain[sequence.name].boxes[0])
        if not lot.lit:
            np.testing.assert_array_equal(next(read_frames(sequence)), next(read_frames(plain[sequence.name])))


def test_the_same_again(clips):
    first, again = (load_dataset(DATASETS[1], clips).sequences[:3] for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.frames == other.frames
        np.testing.assert_array_equal(one.boxes, other.boxes)
        for x, y in zip(read_frames(one, [3, 25]), read_frames(other, [3, 25]), strict=True):
            np.testing.assert_array_equal(x, y)
    assert load_dataset(DATASETS[0], clips).sequences[0].frames != first[0].frames
