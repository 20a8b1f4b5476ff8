"""Runs judged by the annotation: one sequence, one tracker on all of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.evaluation.run import SequenceRun
from cfvgg_plugin.evaluation.scoring import Score, score_boxes, separation

Measure = Literal["auc", "dp20", "norm_precision"]
Curve = Literal["success", "precision", "norm_curve"]


def _none() -> NDArray[np.float64]:
    return np.zeros(0)


@dataclass(frozen=True)
class SequenceResult:
    """Score and speed on one sequence, or why there is none."""

    name: str
    score: Score | None
    fps: float | None = None
    """Updates a second; None where they were not timed."""
    updates: int = 0
    failure: str = ""
    attributes: tuple[str, ...] = ()
    """Of the sequence, by the benchmark's abbreviations."""
    boxes: NDArray[np.float64] = field(default_factory=_none, repr=False)
    """(frames, 4), 0-based."""
    confidence: NDArray[np.float64] = field(default_factory=_none, repr=False)
    """(N,) the tracker's own score of every annotated frame after the first; empty where it states none."""
    overlap: NDArray[np.float64] = field(default_factory=_none, repr=False)
    """(N,) overlap of the same frames."""


@dataclass(frozen=True)
class TrackerResult:
    """One tracker on all sequences."""

    name: str
    sequences: tuple[SequenceResult, ...]

    @property
    def scored(self) -> list[tuple[SequenceResult, Score]]:
        """Sequences that did not fail, with their scores."""
        return [(s, s.score) for s in self.sequences if s.score is not None]

    @property
    def separation(self) -> float | None:
        """How well the tracker's score tells frames with an overlap above 0.3 from the rest; over all frames."""
        stated = [s for s, _ in self.scored if s.confidence.size]
        if not stated:
            return None
        return separation(np.concatenate([s.confidence for s in stated]), np.concatenate([s.overlap for s in stated]))

    @property
    def fps(self) -> float | None:
        """All updates over all their seconds; None unless every scored sequence was timed."""
        moving = [s for s, _ in self.scored if s.updates]
        seconds = [s.updates / s.fps for s in moving if s.fps]
        return sum(s.updates for s in moving) / sum(seconds) if moving and len(seconds) == len(moving) else None

    def mean(self, measure: Measure) -> float | None:
        """Plain mean of the scored sequences; None where all failed."""
        return float(np.mean([getattr(score, measure) for _, score in self.scored])) if self.scored else None

    def curve(self, curve: Curve) -> NDArray[np.float64] | None:
        """Mean curve of the scored sequences, at the thresholds of `scoring`; None where all failed."""
        return np.mean([getattr(score, curve) for _, score in self.scored], axis=0) if self.scored else None

    def only(self, names: Iterable[str]) -> "TrackerResult":
        """The same on some sequences only."""
        chosen = set(names)
        return replace(self, sequences=tuple(s for s in self.sequences if s.name in chosen))

    def on(self, sequence: str) -> SequenceResult | None:
        """The result on a sequence; None where there is no score."""
        return next((s for s, _ in self.scored if s.name == sequence), None)

    @property
    def failures(self) -> list[str]:
        """A line for every sequence without a score."""
        return [f"{self.name} on {s.name}: {s.failure}" for s in self.sequences if s.failure]

    def summary(self) -> dict[str, Any]:
        """Means and the figures of every sequence, as JSON values; None where all failed or nothing was timed."""
        return {
            "auc": self.mean("auc"),
            "dp20": self.mean("dp20"),
            "norm_precision": self.mean("norm_precision"),
            "fps": self.fps,
            "score_roc": self.separation,
            "sequences": {
                s.name: {
                    "auc": s.score.auc,
                    "dp20": s.score.dp20,
                    "norm_precision": s.score.norm_precision,
                    "fps": s.fps,
                }
                if s.score
                else {"failed": s.failure}
                for s in self.sequences
            },
        }


def judge(sequence: Sequence, run: SequenceRun) -> SequenceResult:
    """Score a run by its sequence's annotation; none where that is withheld, as in GOT-10k's test set."""
    total = float(run.seconds.sum()) if run.seconds is not None else 0.0
    later = np.flatnonzero(np.isfinite(sequence.boxes).all(axis=1))[1:]
    if not later.size and len(run.boxes) > 1:
        return failed(sequence, "no frame but the first is annotated, so there is no score")
    return SequenceResult(
        sequence.name,
        score_boxes(run.boxes, sequence.boxes),
        fps=(len(run.boxes) - 1) / total if total else None,
        updates=len(run.boxes) - 1,
        attributes=sequence.attributes,
        boxes=run.boxes,
        confidence=run.scores[later] if run.scores.size else _none(),
        overlap=overlaps(run.boxes[later], sequence.boxes[later]),
    )


def failed(sequence: Sequence, reason: str) -> SequenceResult:
    """A sequence that has no score."""
    return SequenceResult(sequence.name, None, failure=reason, attributes=sequence.attributes)
