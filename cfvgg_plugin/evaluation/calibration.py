"""Whether a tracker's score is the probability that its box overlaps the target by more than 0.3.

Reliability bins and the expected calibration error are those of Guo, Pleiss, Sun and Weinberger, 'On Calibration of
Modern Neural Networks' (ICML 2017, section 2), over the frames of all sequences. Intervals: percentile bootstrap over
sequences (Efron and Tibshirani 1993, chapter 13), all frames of one staying together.
"""

from collections import abc
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.evaluation.score import DRAWS, RIGHT, KnownFrames, join_frames

BINS = 10
ALLOWED = 0.05
"""Share of the right boxes that a threshold of the score may flag."""
GRADES = 10_000
"""Scores are told apart to 1 in so many where they are ranked."""
AT_ONCE = 1000
"""Draws of the bootstrap that are in memory together."""


@dataclass(frozen=True)
class Bin:
    """Frames whose scores are alike."""

    score: float | None
    """Mean score; None where there is no such frame, as in the next."""
    right: float | None
    """Share of the frames whose overlap is above RIGHT."""
    frames: int


@dataclass(frozen=True)
class Figure:
    """A value and its 95 per cent interval; None where it is not defined, or there are fewer than two sequences."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def text(self, percent: bool = False) -> str:
        """As "0.083 (0.061-0.112)" or "61 % (52-70)"; nothing where there is no value."""
        if self.value is None:
            return ""
        factor, digits, unit = (100, 0, " %") if percent else (1, 3, "")
        ends = ""
        if self.low is not None and self.high is not None:
            ends = f" ({factor * self.low:.{digits}f}-{factor * self.high:.{digits}f})"
        return f"{factor * self.value:.{digits}f}{unit}{ends}"


@dataclass(frozen=True)
class Calibration:
    """How far a tracker's score and its `lost` can be believed; over all frames."""

    frames: int
    wrong: int
    """Frames whose overlap is RIGHT or less."""
    bins: tuple[Bin, ...] = field(repr=False)
    """BINS of equal width from 0 to 1; a score on an edge is in the upper one."""
    error: Figure
    """Expected calibration error: mean over the frames of the distance between mean score and share of right, by bin.
    Its interval leans upwards: a drawn sample scatters in each bin as the sample itself does."""
    roc: Figure
    """Area under the ROC of the score as a test for right boxes; to four decimals of the score."""
    wrong_flagged: Figure
    """Share of the wrong boxes with `lost`."""
    right_flagged: Figure
    """Share of the right boxes with `lost`."""
    wrong_at_allowed: Figure
    """Share of the wrong boxes below the highest threshold that has no more than ALLOWED of the right ones below."""

    @property
    def figures(self) -> dict[str, Figure]:
        """By the names of the JSON file."""
        return {
            "ece": self.error,
            "roc": self.roc,
            "wrong_flagged": self.wrong_flagged,
            "right_flagged": self.right_flagged,
            "wrong_at_5_percent": self.wrong_at_allowed,
        }

    def summary(self) -> dict[str, Any]:
        """JSON values."""
        found: dict[str, Any] = {"frames": self.frames, "wrong": self.wrong}
        for name, figure in self.figures.items():
            ends = None if figure.low is None else (figure.low, figure.high)
            found |= {name: figure.value, f"{name}_interval": ends}
        return found | {"bins": [vars(part) for part in self.bins]}


def calibrate(sequences: abc.Sequence[KnownFrames], draws: int = DRAWS, seed: int = 0) -> Calibration | None:
    """Measure a tracker's scores on all sequences. None without frames, and for scores that are no probabilities."""
    whole = join_frames(sequences) if sequences else None
    if whole is None or not whole.confidence.size or not ((whole.confidence >= 0) & (whole.confidence <= 1)).all():
        return None
    counts = _count(whole, [len(frames.overlap) for frames in sequences])
    values = counts.figures(np.ones((1, len(sequences))))[0]
    lows = highs = np.full(values.shape, np.nan)
    if len(sequences) > 1:
        lows, highs = _interval(counts, draws, seed)
    figures = [
        Figure(
            *(float(number) if np.isfinite(number) and np.isfinite(value) else None for number in (value, low, high))
        )
        for value, low, high in zip(values, lows, highs, strict=True)
    ]
    frames, wrong = len(whole.overlap), int((whole.overlap <= RIGHT).sum())
    return Calibration(frames, wrong, _bins(counts), *figures)


@dataclass(frozen=True)
class _Counts:
    """Sums over the frames of each of S sequences, from which any weighting of the sequences has its figures."""

    binned: NDArray[np.float64]
    """(S, 3, BINS) frames, sum of their scores, right ones."""
    flagged: NDArray[np.float64]
    """(S, 2) wrong and right frames with `lost`."""
    right: NDArray[np.float64]
    """(S, G + 1) right frames below each of the G different scores, and all; likewise the next."""
    wrong: NDArray[np.float64]
    ordered: NDArray[np.float64]
    """(S, S) pairs of a right frame of one and a wrong one of the other in which the right has the higher score."""

    def figures(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """(D, 5) for weights (D, S): error, roc, wrong and right flagged, wrong at allowed; NaN where undefined."""
        frames, score, right = np.moveaxis(np.tensordot(weights, self.binned, 1), 1, 0)
        all_right, all_wrong = weights @ self.right[:, -1], weights @ self.wrong[:, -1]
        flagged = weights @ self.flagged
        with np.errstate(invalid="ignore"):  # 0 / 0 is NaN: no frame of the kind
            found = (
                np.abs(score - right).sum(axis=1) / frames.sum(axis=1),
                ((weights @ self.ordered) * weights).sum(axis=1) / (all_right * all_wrong),
                flagged[:, 0] / all_wrong,
                flagged[:, 1] / all_right,
                self._below(weights, all_right) / np.where(all_right > 0, all_wrong, np.nan),
            )
        return np.stack(found, axis=1)

    def _below(self, weights: NDArray[np.float64], all_right: NDArray[np.float64]) -> NDArray[np.float64]:
        """(D,) wrong frames below the highest score that has no more than ALLOWED of the right below, by bisection."""
        low = np.zeros(len(weights), int)  # nothing is below the lowest score
        high = np.full(len(weights), self.right.shape[1] - 1)
        while (high - low > 1).any():
            middle = (low + high) // 2
            allowed = (weights * self.right.T[middle]).sum(axis=1) <= ALLOWED * all_right
            low, high = np.where(allowed, middle, low), np.where(allowed, high, middle)
        return (weights * self.wrong.T[low]).sum(axis=1)


def _count(whole: KnownFrames, lengths: abc.Sequence[int]) -> _Counts:
    """Of the frames of all sequences, so many of each."""
    count = len(lengths)
    of = np.repeat(np.arange(count), lengths)
    scores, lost, good = whole.confidence, whole.lost, whole.overlap > RIGHT
    place = np.minimum((scores * BINS).astype(int), BINS - 1) + of * BINS
    sums = [np.bincount(place, value, count * BINS) for value in (np.ones(len(scores)), scores, good.astype(float))]
    binned: NDArray[np.float64] = np.stack([each.reshape(count, BINS) for each in sums], axis=1)
    flagged: NDArray[np.float64] = np.stack(
        [np.bincount(of[kind], lost[kind], count) for kind in (~good, good)], axis=1
    )
    different, grade = np.unique(np.rint(scores * GRADES), return_inverse=True)
    right, wrong = (np.zeros((count, len(different) + 1)) for _ in range(2))
    for table, kind in ((right, good), (wrong, ~good)):
        np.add.at(table, (of[kind], grade[kind] + 1), 1)
    at_right = right[:, 1:].copy()
    right, wrong = right.cumsum(axis=1), wrong.cumsum(axis=1)
    ordered = at_right @ ((wrong[:, :-1] + wrong[:, 1:]) / 2).T  # ties count half
    return _Counts(binned, flagged, right, wrong, ordered)


def _interval(counts: _Counts, draws: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ends (5,) of the 95 per cent intervals; draws in which a figure is not defined are left out of its own."""
    rng, count = np.random.default_rng(seed), len(counts.binned)
    parts = []
    for first in range(0, draws, AT_ONCE):
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=min(AT_ONCE, draws - first))
        parts.append(counts.figures(drawn.astype(float)))
    found = np.concatenate(parts)
    ends = np.full((2, found.shape[1]), np.nan)
    for column, values in enumerate(found.T):
        if (defined := values[np.isfinite(values)]).size:
            ends[:, column] = np.percentile(defined, (2.5, 97.5))
    return ends[0], ends[1]


def _bins(counts: _Counts) -> tuple[Bin, ...]:
    return tuple(
        Bin(float(score / frames), float(right / frames), int(frames)) if frames else Bin(None, None, 0)
        for frames, score, right in counts.binned.sum(axis=0).T
    )
