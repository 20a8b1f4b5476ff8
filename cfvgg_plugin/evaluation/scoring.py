"""Scores of one-pass evaluation (Wu et al., CVPR 2013 and TPAMI 2015; Fan et al., CVPR 2019)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import overlaps

THRESHOLDS = np.arange(21) / 20
"""Overlap thresholds of the success plot: 0, 0.05, ..., 1."""
DISTANCES = np.arange(51.0)
"""Thresholds of the precision plot in pixels: 0, 1, ..., 50."""
NORMALISED_DISTANCES = np.arange(51) / 100
"""Thresholds of the normalised precision plot in target sizes: 0, 0.01, ..., 0.5."""
RIGHT = 0.3
"""A box is right whose overlap with the target is above this."""
NEAR = (0.15, 0.3, 0.5)
"""Distances within which a guided search counts as right, in target sizes (geometric mean of width and height)."""


@dataclass(frozen=True)
class Score:
    """Scores of one sequence."""

    auc: float
    """Mean over the thresholds of the share of frames whose overlap is above the threshold."""
    dp20: float
    """Share of frames whose centre is at most 20 pixels off."""
    norm_precision: float
    """Share of frames whose centre is off by at most a fifth of the target's width and height, as LaSOT ranks."""
    frames: int
    """Frames scored: those with an annotation."""
    success: NDArray[np.float64] = field(repr=False, compare=False)
    """(21,) share of frames above each of THRESHOLDS."""
    precision: NDArray[np.float64] = field(repr=False, compare=False)
    """(51,) share of frames within each of DISTANCES."""
    norm_curve: NDArray[np.float64] = field(repr=False, compare=False)
    """(51,) share of frames within each of NORMALISED_DISTANCES."""
    within: tuple[float, ...] = (0.0, 0.0, 0.0)
    """Share of the frames after the first whose centre is within each of NEAR: the figures of guided runs."""
    f: float | None = None
    """F of long-term tracking at the sequence's own best threshold; None where absence is not annotated."""

    @property
    def found(self) -> float:
        """Mean of `within`: the one figure of guided runs."""
        return sum(self.within) / len(self.within)


def separation(scores: NDArray[np.float64], overlap: NDArray[np.float64], least: float = RIGHT) -> float | None:
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
    offset = boxes[:, :2] + boxes[:, 2:] / 2 - truth[:, :2] - truth[:, 2:] / 2
    sides = np.sqrt(truth[:, 2] * truth[:, 3])
    success = (overlap[:, None] > THRESHOLDS).mean(axis=0)
    precision = _share_within(offset, DISTANCES)
    normalised = _share_within(offset / truth[:, 2:], NORMALISED_DISTANCES)
    return Score(
        auc=float(success.mean()),
        dp20=float(precision[20]),
        norm_precision=float(normalised[20]),
        frames=int(scored.sum()),
        success=success,
        precision=precision,
        norm_curve=normalised,
        within=tuple(_share_within(offset[1:] / sides[1:, None], np.array(NEAR)).tolist())
        if len(offset) > 1
        else _NONE,
    )


_NONE = (0.0,) * len(NEAR)


def mean_score(scores: Sequence[Score]) -> Score:
    """That of a sequence: the plain mean of its runs' scores, at least one; `frames` is their sum."""
    if len(scores) == 1:
        return scores[0]

    def mean(values: Iterable[Any]) -> Any:
        return np.mean(list(values), axis=0)

    return Score(
        auc=float(mean(s.auc for s in scores)),
        dp20=float(mean(s.dp20 for s in scores)),
        norm_precision=float(mean(s.norm_precision for s in scores)),
        frames=sum(s.frames for s in scores),
        success=mean(s.success for s in scores),
        precision=mean(s.precision for s in scores),
        norm_curve=mean(s.norm_curve for s in scores),
        within=tuple(mean(s.within for s in scores).tolist()),
        f=None if any(s.f is None for s in scores) else float(mean(s.f for s in scores)),
    )


def _share_within(offset: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """(len(thresholds),) share of offsets (N, 2) that are no longer than each threshold."""
    distance = np.linalg.norm(offset, axis=1)
    share: NDArray[np.float64] = (distance[:, None] <= thresholds).mean(axis=0)
    return share
