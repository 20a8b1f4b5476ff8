"""Clips made long and hard: the same for the same seed, each hardship by its own lot, boxes on the target."""

from collections import Counter
from dataclasses import astuple

import numpy as np
import pytest

from cfvgg_plugin.datasets.clips import validation_clips
from cfvgg_plugin.datasets.hard import BEGINNING, draw_lot, there_and_back
from cfvgg_plugin.datasets.images import read_frames
from cfvgg_plugin.datasets.known import HARD, load_dataset
from tests.layouts import make_clips

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
