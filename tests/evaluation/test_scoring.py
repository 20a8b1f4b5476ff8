import numpy as np
import pytest

from cfvgg_plugin.evaluation.scoring import score_boxes, separation


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
