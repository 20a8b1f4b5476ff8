import csv

import numpy as np
import pytest

from cfvgg_plugin.datasets.otb import load_otb, read_boxes
from cfvgg_plugin.evaluation.scoring import score_boxes, separation


def test_published_results_get_their_published_scores(shared):
    folder = shared("reference/results")
    sequences = {s.name: s for s in load_otb(shared("data/otb"))}
    rows = list(csv.DictReader((folder / "scores.csv").read_text().splitlines()))
    assert len(rows) >= 120
    for row in rows:
        truth = sequences[row["sequence"]].boxes
        boxes = read_boxes(folder / row["tracker"] / f"{row['sequence']}.txt")[: len(truth)] - [1, 1, 0, 0]
        score = score_boxes(boxes, truth)
        assert score.auc == pytest.approx(float(row["auc"]), abs=1e-5), row
        assert score.dp20 == pytest.approx(float(row["dp20"]), abs=1e-5), row
        assert score.frames == int(row["frames"])


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
