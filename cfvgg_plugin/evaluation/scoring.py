"""Scores of one-pass evaluation (Wu et al., CVPR 2013 and TPAMI 2015)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import overlaps

THRESHOLDS = np.arange(21) / 20
"""Overlap thresholds of the success plot: 0, 0.05, ..., 1."""


@dataclass(frozen=True)
class Score:
    """Scores of one sequence."""

    auc: float
    """Mean over the thresholds of the share of frames whose overlap is above the threshold."""
    dp20: float
    """Share of frames whose centre is at most 20 pixels off."""
    frames: int
    """Frames scored: those with an annotation."""


def separation(scores: NDArray[np.float64], overlap: NDArray[np.float64], least: float = 0.3) -> float | None:
    """Area under the ROC curve of a tracker's own score as a test for an overlap above `least`.

    scores, overlap: (N,). It is the chance that a frame above has a higher score than one below, ties counting half.
    None where all frames are on one side.
    """
    good, bad = scores[overlap > least], np.sort(scores[overlap <= least])
    if not good.size or not bad.size:
        return None
    below = (np.searchsorted(bad, good, "left") + np.searchsorted(bad, good, "right")) / 2
    return float(below.mean() / bad.size)


def score_boxes(boxes: NDArray[np.float64], truth: NDArray[np.float64]) -> Score:
    """Score a run.

    boxes, truth: (N, 4) x, y, w, h in the same coordinates. The first frame counts as exact, as in the benchmark's own
    toolbox: its box was given. Frames whose truth is NaN are left out; a box with NaN counts as a miss.
    """
    boxes = np.concatenate([truth[:1], boxes[1:]])
    scored = np.isfinite(truth).all(axis=1)
    boxes, truth = boxes[scored], truth[scored]
    overlap = overlaps(boxes, truth)
    centers, true_centers = boxes[:, :2] + boxes[:, 2:] / 2, truth[:, :2] + truth[:, 2:] / 2
    distance = np.linalg.norm(centers - true_centers, axis=1)
    success = (overlap[:, None] > THRESHOLDS).mean(axis=0)
    return Score(float(success.mean()), float((distance <= 20).mean()), int(scored.sum()))
