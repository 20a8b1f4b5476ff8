"""Sequences whose frames are in a video: run, scored and shown as those of image files are."""

from dataclasses import replace

import numpy as np
import pytest

from cfvgg_plugin.datasets.images import read_frames
from cfvgg_plugin.datasets.known import load_dataset
from cfvgg_plugin.datasets.sequence import Sequence, VideoFrame
from cfvgg_plugin.evaluation.evaluate import evaluate
from cfvgg_plugin.evaluation.run import load_tracker
from cfvgg_plugin.plots.frames import draw_strip
from cfvgg_plugin.registry import create_tracker
from cfvgg_plugin.report.page import make_player
from tests.layouts import make_tld

NAME = "fkcf/grey"


@pytest.fixture
def sequence(tmp_path) -> Sequence:
    """Of twelve frames; the target is absent in the fourth."""
    make_tld(tmp_path)
    return load_dataset("tld", tmp_path).sequences[0]


def test_a_tracker_sees_the_frames_of_the_video(sequence, tmp_path):
    (result,) = evaluate([load_tracker(NAME)], [sequence], tmp_path / "results")
    (found,) = result.sequences
    first, *rest = read_frames(sequence)
    tracker = create_tracker(NAME)
    tracker.init(first, sequence.boxes[0])
    np.testing.assert_allclose(found.boxes[1:], [tracker.update(image).box for image in rest], atol=1e-3)
    assert found.score is not None and found.score.frames == 11 and found.score.auc > 0.5
    (again,) = evaluate([load_tracker(NAME)], [sequence], tmp_path / "results")
    assert again.sequences[0].score == found.score


def test_a_video_that_ends_early_costs_its_sequence_alone(sequence):
    longer = replace(
        sequence,
        frames=(*sequence.frames, VideoFrame(sequence.frames[0].video, 12)),
        boxes=sequence.boxes[[*range(12), 0]],
    )
    (result,) = evaluate([load_tracker(NAME)], [longer, replace(sequence, name="sound")])
    short, sound = result.sequences
    assert "car.avi: ends after 12 frames, frame 13 is wanted" in short.failure and sound.score is not None


def test_frames_of_a_video_are_drawn(sequence):
    (result,) = evaluate([load_tracker(NAME)], [sequence])
    assert len(draw_strip(sequence, [result]).axes) == 6
    player = make_player(sequence, [result], 5)
    assert player is not None and player.data["size"] == (160, 120) and len(player.data["images"]) == 5
