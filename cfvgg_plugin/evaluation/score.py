"""Scores of runs, and how far a mean over sequences may be from that over all videos of the kind.

One-pass evaluation: Wu et al., CVPR 2013 and TPAMI 2015; Fan et al., CVPR 2019. Long-term tracking, as in VOT-LT:
Lukezic et al., 'Now You See Me', 2018, and 'Performance Evaluation Methodology for Long-Term Single-Object Tracking',
IEEE Transactions on Cybernetics 2020.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.errors import InputError

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


def separation(scores: NDArray[np.float64], overlap: NDArray[np.float64]) -> float | None:
    """Area under the ROC curve of a tracker's own score as a test for an overlap above RIGHT.

    scores, overlap: (N,). It is the chance that a frame above has a higher score than one below, ties counting half.
    None where all frames are on one side.
    """
    good, bad = scores[overlap > RIGHT], np.sort(scores[overlap <= RIGHT])
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
        else (0.0,) * len(NEAR),
    )


def mean_score(scores: Sequence[Score]) -> Score:
    """That of a sequence: the plain mean of its runs' scores, at least one; `frames` is their sum."""
    if len(scores) == 1:
        return scores[0]

    def mean(name: str) -> Any:
        return np.mean([getattr(score, name) for score in scores], axis=0)

    values: dict[str, Any] = {name: float(mean(name)) for name in ("auc", "dp20", "norm_precision")}
    return Score(
        **values,
        **{name: mean(name) for name in ("success", "precision", "norm_curve")},
        frames=sum(score.frames for score in scores),
        within=tuple(mean("within").tolist()),
        f=None if any(score.f is None for score in scores) else float(mean("f")),
    )


def _share_within(offset: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """(len(thresholds),) share of offsets (N, 2) that are no longer than each threshold."""
    distance = np.linalg.norm(offset, axis=1)
    share: NDArray[np.float64] = (distance[:, None] <= thresholds).mean(axis=0)
    return share


DRAWS = 10_000
POWER = 1.96 + 0.84
"""Standard errors of a difference that is seen in four of five such samples, at a level of 5 per cent (Cohen 1988)."""


def mean_interval(values: ArrayLike, draws: int = DRAWS, seed: int = 0) -> tuple[float, float] | None:
    """95 per cent interval of the mean of values (N,): percentile bootstrap (Efron and Tibshirani 1993, chapter 13).

    None for fewer than two values. Raises InputError where the draws do not fit into memory.
    """
    from scipy.stats import bootstrap  # noqa: PLC0415 (takes a second to import)

    sample = np.asarray(values, np.float64)
    if sample.size < 2:
        return None
    if np.ptp(sample) == 0:
        return float(sample[0]), float(sample[0])
    batch = max(1, 10_000_000 // sample.size)
    try:
        found = bootstrap(
            (sample,), np.mean, n_resamples=draws, batch=batch, method="percentile", vectorized=True,
            rng=np.random.default_rng(seed),
        ).confidence_interval  # fmt: skip
    except MemoryError:
        raise InputError(
            f"{draws:,} draws of the bootstrap: more than there is memory for; 10,000 are plenty"
        ) from None
    return float(found.low), float(found.high)


def standard_error(values: ArrayLike) -> float | None:
    """Of the mean of values (N,); None for fewer than two."""
    sample = np.asarray(values, np.float64)
    return float(sample.std(ddof=1) / np.sqrt(sample.size)) if sample.size > 1 else None


def smallest_difference(differences: ArrayLike) -> float | None:
    """Mean difference that sequences with differences like these (N,) show in four of five cases; None for one."""
    error = standard_error(differences)
    return None if error is None else POWER * error


@dataclass(frozen=True)
class KnownFrames:
    """A run in the N frames after the first that are annotated or known to be without the target."""

    scores: NDArray[np.float64] | None
    """(N,) the tracker's own; None where it states none."""
    overlap: NDArray[np.float64]
    """(N,) with the annotated box; 0 where the target is absent."""
    absent: NDArray[np.bool_] | None
    """(N,) None where the benchmark does not tell that from a frame without annotation."""
    lost: NDArray[np.float64]
    """(N,) 1 where the tracker said so, else 0; NaN where that is not known."""

    @property
    def confidence(self) -> NDArray[np.float64]:
        """(N,) a tracker without a score is sure of all its boxes."""
        return np.ones(len(self.overlap)) if self.scores is None else self.scores

    @property
    def shown(self) -> NDArray[np.bool_]:
        """(N,) whether the target is there."""
        return np.ones(len(self.overlap), bool) if self.absent is None else ~self.absent

    @property
    def present(self) -> int:
        """Frames with the target."""
        return int(self.shown.sum())

    def best(self) -> float:
        """F of this run alone, at its own best threshold."""
        return float(f_measure(*curves([self], thresholds([self]))).max()) if self.confidence.size else 0.0

    def returns(self) -> list[int | None]:
        """For each return of the target the frames until it was found: 0 for the first; None where it never was.

        Found: an overlap above RIGHT, not called lost. A return ends where the target leaves again.
        """
        edges = np.flatnonzero(np.diff(self.shown.astype(np.int8)))
        ends = [*(edges + 1).tolist(), len(self.shown)]
        found: list[int | None] = []
        for start, end in pairwise(ends):
            if self.shown[start]:
                seen = np.flatnonzero((self.overlap[start:end] > RIGHT) & (self.lost[start:end] != 1))
                found.append(int(seen[0]) if seen.size else None)
        return found


def join_frames(parts: Sequence[KnownFrames]) -> KnownFrames:
    """All frames of runs of one sequence or of several, at least one; without scores or absence where one has none."""

    def join(values: list[Any]) -> Any:
        return None if any(value is None for value in values) else np.concatenate(values)

    return KnownFrames(*(join([getattr(part, name) for part in parts]) for name in vars(parts[0])))


@dataclass(frozen=True)
class LongTerm:
    """A tracker on all sequences, at the one threshold of its confidence where F is highest."""

    f: float
    precision: float
    """Mean over sequences; F is that of the means."""
    recall: float
    threshold: float
    by_sequence: NDArray[np.float64]
    """(S, 3) F, precision and recall of every sequence at that threshold."""


def thresholds(runs: Sequence[KnownFrames]) -> NDArray[np.float64]:
    """All confidences that occur, the highest first: F is largest at one of them."""
    return np.unique(np.concatenate([run.confidence for run in runs]))[::-1]


def curves(runs: Sequence[KnownFrames], at: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Precision and recall (S, T) of S runs, reporting the target where the confidence is at least a threshold (T,).

    Precision: mean overlap of the frames reported, 1 where none is. Recall: sum of their overlaps over the number of
    frames with the target; 1 for a run without such a frame.
    """
    precision, recall = np.ones((len(runs), len(at))), np.ones((len(runs), len(at)))
    for row, run in enumerate(runs):
        order = np.argsort(-run.confidence, kind="stable")
        sums = np.concatenate([[0.0], np.cumsum(run.overlap[order])])
        reported = np.searchsorted(-run.confidence[order], -at, "right")
        precision[row] = np.where(reported > 0, sums[reported] / np.maximum(reported, 1), 1)
        if run.present:
            recall[row] = sums[reported] / run.present
    return precision, recall


def f_measure(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> NDArray[np.float64]:
    """2 Pr Re / (Pr + Re), 0 where both are 0."""
    both = precision + recall
    found: NDArray[np.float64] = 2 * precision * recall / np.where(both > 0, both, 1)
    return found


def score_long_term(runs: Sequence[KnownFrames]) -> LongTerm:
    """Precision and recall are averaged over the sequences at every threshold; F is of the averages, as in VOT-LT.

    runs: at least one, with frames.
    """
    at = thresholds(runs)
    precision, recall = curves(runs, at)
    means = precision.mean(axis=0), recall.mean(axis=0)
    f = f_measure(*means)
    best = int(f.argmax())
    each = np.stack([f_measure(precision, recall), precision, recall], axis=2)[:, best]
    return LongTerm(float(f[best]), float(means[0][best]), float(means[1][best]), float(at[best]), each)


def f_interval(runs: Sequence[KnownFrames]) -> tuple[float, float] | None:
    """95 per cent interval of F by percentile bootstrap over sequences; None for fewer than two."""
    if len(runs) < 2:
        return None
    at = np.quantile(thresholds(runs), np.linspace(1, 0, 200))
    precision, recall = curves(runs, at)
    drawn = np.random.default_rng(0).multinomial(len(runs), [1 / len(runs)] * len(runs), DRAWS) / len(runs)
    best = f_measure(drawn @ precision, drawn @ recall).max(axis=1)
    low, high = np.quantile(best, [0.025, 0.975])
    return float(low), float(high)
