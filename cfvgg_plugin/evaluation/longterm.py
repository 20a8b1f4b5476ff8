"""Scores of long-term tracking: precision, recall and F over the tracker's own confidence, and how it finds again.

The measures are those of VOT-LT (Lukezic et al., 'Now You See Me', 2018, and 'Performance Evaluation Methodology for
Long-Term Single-Object Tracking', IEEE Transactions on Cybernetics 2020).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.evaluation.interval import DRAWS
from cfvgg_plugin.evaluation.scoring import RIGHT


@dataclass(frozen=True)
class LongTermRun:
    """A run in the N frames after the first of which it is known whether the target is there."""

    confidence: NDArray[np.float64]
    """(N,)"""
    overlap: NDArray[np.float64]
    """(N,) with the annotated box; 0 where the target is absent."""
    absent: NDArray[np.bool_]
    """(N,)"""
    lost: NDArray[np.bool_]
    """(N,) whether the tracker said so."""

    @property
    def present(self) -> int:
        """Frames with the target."""
        return int((~self.absent).sum())

    def best(self) -> float:
        """F of this run alone, at its own best threshold."""
        return float(f_measure(*curves([self], thresholds([self]))).max()) if self.confidence.size else 0.0

    def returns(self) -> list[int | None]:
        """For each return of the target the frames until it was found: 0 for the first; None where it never was.

        Found: an overlap above RIGHT, not called lost. A return ends where the target leaves again.
        """
        edges = np.flatnonzero(np.diff(self.absent.astype(np.int8)))
        ends = [*(edges + 1).tolist(), len(self.absent)]
        found: list[int | None] = []
        for start, end in pairwise(ends):
            if not self.absent[start]:
                seen = np.flatnonzero((self.overlap[start:end] > RIGHT) & ~self.lost[start:end])
                found.append(int(seen[0]) if seen.size else None)
        return found


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


def thresholds(runs: Sequence[LongTermRun]) -> NDArray[np.float64]:
    """All confidences that occur, the highest first: F is largest at one of them."""
    return np.unique(np.concatenate([run.confidence for run in runs]))[::-1]


def curves(runs: Sequence[LongTermRun], at: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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


def score_long_term(runs: Sequence[LongTermRun]) -> LongTerm:
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


def f_interval(runs: Sequence[LongTermRun], draws: int = DRAWS, seed: int = 0) -> tuple[float, float] | None:
    """95 per cent interval of F by percentile bootstrap over sequences; None for fewer than two."""
    if len(runs) < 2:
        return None
    at = np.quantile(thresholds(runs), np.linspace(1, 0, 200))
    precision, recall = curves(runs, at)
    drawn = np.random.default_rng(seed).multinomial(len(runs), [1 / len(runs)] * len(runs), draws) / len(runs)
    best = f_measure(drawn @ precision, drawn @ recall).max(axis=1)
    low, high = np.quantile(best, [0.025, 0.975])
    return float(low), float(high)
