"""Scores beside a calculation by hand."""

import dataclasses
import json

import numpy as np
import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.compare import compare
from cfvgg_plugin.evaluation.results import TrackerResult, score_run
from cfvgg_plugin.evaluation.run import Protocol, SequenceRun
from cfvgg_plugin.evaluation.score import (
    KnownFrames,
    curves,
    f_interval,
    f_measure,
    score_boxes,
    score_long_term,
    separation,
    thresholds,
)
from cfvgg_plugin.evaluation.table import show

LONG_TERM = Protocol("long_term")


def test_perfect_and_hopeless_runs():
    truth = np.array([(10, 10, 20, 30)] * 4, float)
    assert score_boxes(truth, truth).auc == pytest.approx(20 / 21)  # no overlap is above 1
    assert score_boxes(truth, truth).dp20 == 1
    far = truth + [500, 0, 0, 0]
    assert score_boxes(far, truth).auc == pytest.approx(20 / 21 / 4)  # the first frame is given
    assert score_boxes(far, truth).dp20 == 0.25


def test_by_hand():
    truth = np.array([(0, 0, 10, 10)] * 3, float)
    boxes = np.array([(0, 0, 10, 10), (0, 0, 10, 5), (0, 0, 10, 2)], float)  # overlaps 1, 0.5, 0.2
    expected = (20 + 10 + 4) / 21 / 3
    assert score_boxes(boxes, truth).auc == pytest.approx(expected)


def test_frames_without_truth_are_not_scored_and_nan_boxes_miss():
    truth = np.array([(0, 0, 10, 10), (np.nan,) * 4, (0, 0, 10, 10), (0, 0, 10, 10)])
    boxes = np.array([(0, 0, 10, 10), (90, 90, 1, 1), (0, 0, 10, 10), (np.nan,) * 4])
    score = score_boxes(boxes, truth)
    assert score.frames == 3
    assert score.auc == pytest.approx(20 / 21 * 2 / 3)
    assert score.dp20 == pytest.approx(2 / 3)


def test_separation_is_the_chance_of_the_right_order():
    rng = np.random.default_rng(0)
    scores, overlap = rng.integers(0, 6, 60) / 5, rng.random(60)
    good, bad = scores[overlap > 0.3], scores[overlap <= 0.3]
    pairs = np.sign(good[:, None] - bad[None])
    assert separation(scores, overlap) == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean())
    assert separation(overlap, overlap) == 1
    assert separation(scores, np.ones(60)) is None


def test_precision_curves_by_hand():
    truth = np.array([(0, 0, 10, 20)] * 4, float)
    boxes = truth + [[0, 0, 0, 0], [3, 4, 0, 0], [0, 3, 0, 0], [30, 40, 0, 0]]
    score = score_boxes(boxes, truth)
    assert score.precision[[0, 2, 3, 4, 5, 49, 50]] == pytest.approx([0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1])
    # offsets in units of the target: 0, (0.3, 0.2), (0, 0.15), (3, 2)
    assert score.norm_curve[[0, 14, 15, 36, 37, 50]] == pytest.approx([0.25, 0.25, 0.5, 0.5, 0.75, 0.75])
    assert score.norm_precision == 0.5 and score.dp20 == 0.75


def long_term_run(confidence, overlap, absent, lost=None) -> KnownFrames:
    absent = np.array(absent, bool)
    return KnownFrames(
        np.array(confidence, float), np.array(overlap, float), absent, np.array(lost or absent * 0, float)
    )


def test_precision_and_recall_by_hand():
    run = long_term_run([0.9, 0.5, 0.8, 0.5], [1.0, 0.5, 0.0, 0.25], [0, 0, 1, 0])
    precision, recall = curves([run], np.array([2.0, 0.9, 0.8, 0.5]))
    np.testing.assert_allclose(precision, [[1, 1, 1 / 2, 1.75 / 4]])
    np.testing.assert_allclose(recall, [[0, 1 / 3, 1 / 3, 1.75 / 3]])
    assert run.best() == pytest.approx(2 * (7 / 16) * (7 / 12) / (7 / 16 + 7 / 12))
    np.testing.assert_array_equal(thresholds([run]), [0.9, 0.8, 0.5])
    assert f_measure(np.zeros(1), np.zeros(1)) == 0


def test_means_over_sequences_come_before_f():
    perfect = long_term_run([1, 1], [1, 1], [0, 0])
    wrong = long_term_run([0.5, 0.5], [0, 0], [0, 0])
    score = score_long_term([perfect, wrong])  # at 1: precision (1 + 1) / 2, recall (1 + 0) / 2
    assert (score.threshold, score.precision, score.recall) == (1, 1, 0.5) and score.f == pytest.approx(2 / 3)
    np.testing.assert_allclose(score.by_sequence, [(1, 1, 1), (0, 1, 0)])
    low, high = f_interval([perfect, wrong])
    assert low == 0 and high == 1 and f_interval([perfect]) is None
    everything_absent = long_term_run([0.1, 0.9], [0, 0], [1, 1])
    np.testing.assert_array_equal(curves([everything_absent], np.array([0.5]))[1], [[1]])


def test_a_return_is_found_where_the_box_is_right_and_not_called_lost():
    absent = [1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0]
    overlap = [0, 0, 0.1, 0.5, 0.6, 0, 0.2, 0.1, 0, 0.9, 0.9]
    lost = [1, 1, 1, 1, 0, 1, 1, 0, 1, 0, 0]
    assert long_term_run(overlap, overlap, absent, lost).returns() == [2, None, 0]
    assert long_term_run([1], [1], [0]).returns() == []


@pytest.fixture
def video(sequences):
    """Ten frames; the target is away in three and not annotated in one."""
    boxes, absent = sequences[0].boxes.copy(), np.zeros(10, bool)
    boxes[[3, 4, 5, 8]] = np.nan
    absent[3:6] = True
    return dataclasses.replace(sequences[0], boxes=boxes, absent=absent)


def run_of(video, confidence=None, lost=None) -> SequenceRun:
    boxes = np.where(np.isfinite(video.boxes), video.boxes, 0)
    empty = np.zeros(0)
    return SequenceRun(boxes, empty if confidence is None else confidence, None, empty > 0 if lost is None else lost)


def test_frames_without_the_target_count_and_unknown_ones_do_not(video):
    sure = score_run(video, run_of(video, np.ones(10), np.zeros(10, bool)))
    assert sure.known.confidence.size == 8 and sure.known.present == 5
    assert sure.score.f == pytest.approx(2 * (5 / 8) / (5 / 8 + 1))  # three of eight reported where there is nothing
    knowing = score_run(video, run_of(video, 1 - 0.9 * video.absent, video.absent))
    assert knowing.score.f == 1 and knowing.known.returns() == [0]
    silent = score_run(video, run_of(video))  # somebody's boxes alone: always sure
    assert silent.score.f == sure.score.f
    assert score_run(dataclasses.replace(video, absent=None), run_of(video)).score.f is None


def test_tables_figures_and_comparison(video):
    knowing, sure = (
        TrackerResult(name, (score_run(video, run_of(video, confidence, lost)),), LONG_TERM)
        for name, confidence, lost in (
            ("knowing", 1 - 0.9 * video.absent, video.absent), ("sure", np.ones(10), np.zeros(10, bool)),
        )
    )  # fmt: skip
    text = show([sure, knowing])
    assert "precision" in text and "the target came back 1 times and was found 1 times, after 0 frames" in text
    assert text.rindex("knowing") < text.rindex("sure ")  # the better one first
    figures = json.loads(json.dumps(knowing.summary()))
    assert figures["long_term"]["f"] == 1 and figures["long_term"]["found_again"] == 1 and figures["f"] == 1
    assert compare(knowing, sure).measure == "f" and compare(knowing, sure).mean == pytest.approx(1 - sure.mean("f"))
    unknown = TrackerResult("x", (score_run(dataclasses.replace(video, absent=None), run_of(video)),), Protocol("ope"))
    with pytest.raises(InputError, match="does not say in which frames the target is absent"):
        compare(unknown, unknown, "f")


def test_a_sequence_must_say_where_the_target_is_absent(sequences, video):
    assert LONG_TERM.runs(video) == [video]
    with pytest.raises(InputError, match="sequence One does not say in which frames the target is absent"):
        LONG_TERM.runs(sequences[0])
