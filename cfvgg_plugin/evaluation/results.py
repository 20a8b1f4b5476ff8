"""Runs scored by the annotation: one run, one sequence with all its runs, one tracker on all sequences."""

from collections import abc
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.evaluation.calibration import Calibration, Flags, ScoredFrames, calibrate, join_frames, scored_frames
from cfvgg_plugin.evaluation.run import OPE, Protocol, SequenceRun
from cfvgg_plugin.evaluation.score import (
    NEAR,
    LongTerm,
    LongTermRun,
    Score,
    f_interval,
    mean_interval,
    mean_score,
    score_boxes,
    score_long_term,
    separation,
    standard_error,
)

Measure = Literal["auc", "dp20", "norm_precision", "found", "f"]
Curve = Literal["success", "precision", "norm_curve"]


def _none() -> NDArray[np.float64]:
    return np.zeros(0)


@dataclass(frozen=True)
class SequenceResult:
    """Score and speed on one sequence or one run of it, or why there is none."""

    name: str
    score: Score | None
    fps: float | None = None
    """Updates a second; None where they were not timed."""
    updates: int = 0
    failure: str = ""
    attributes: tuple[str, ...] = ()
    """Of the sequence, by the benchmark's abbreviations."""
    boxes: NDArray[np.float64] = field(default_factory=_none, repr=False)
    """(frames, 4), 0-based; of several runs the first one's, NaN before its start."""
    confidence: NDArray[np.float64] = field(default_factory=_none, repr=False)
    """(N,) the tracker's own score of every annotated frame after the first; empty where it states none."""
    overlap: NDArray[np.float64] = field(default_factory=_none, repr=False)
    """(N,) overlap of the same frames."""
    scored_frames: ScoredFrames | None = field(default=None, repr=False)
    """The same with the frames that are known to be without the target, and what was called lost."""
    flags: Flags | None = None
    """None where the benchmark does not tell which frames are without the target, or the tracker not what is lost."""
    long_term_run: LongTermRun | None = field(default=None, repr=False)
    """The run with the frames in which the target is absent; None where the benchmark does not tell which these are."""
    runs: tuple["SequenceResult", ...] = ()
    """Where the protocol has several."""


@dataclass(frozen=True)
class TrackerResult:
    """One tracker on all sequences."""

    name: str
    sequences: tuple[SequenceResult, ...]
    protocol: Protocol = OPE

    @property
    def scored(self) -> list[tuple[SequenceResult, Score]]:
        """Sequences that did not fail, with their scores."""
        return [(s, s.score) for s in self.sequences if s.score is not None]

    @property
    def main(self) -> Measure:
        """The measure that trackers are ranked by."""
        return "found" if self.protocol.guided else "f" if self.protocol.long_term else "auc"

    @property
    def separation(self) -> float | None:
        """How well the tracker's score tells frames with an overlap above 0.3 from the rest; over all frames.

        None where it has no score of its own: guided searches have none.
        """
        sure = [s for s, _ in self.scored if s.confidence.size]
        if not sure or self.protocol.guided:
            return None
        return separation(np.concatenate([s.confidence for s in sure]), np.concatenate([s.overlap for s in sure]))

    @cached_property
    def calibration(self) -> Calibration | None:
        """Whether the score is the probability of an overlap above 0.3; None where `separation` finds no score."""
        frames = [s.scored_frames for s, _ in self.scored if s.scored_frames is not None]
        return calibrate(frames) if frames and not self.protocol.guided else None

    @property
    def flags(self) -> Flags | None:
        """Over all frames of the sequences that say where the target is absent."""
        flags = [s.flags for s, _ in self.scored if s.flags is not None]
        return sum(flags, Flags()) if flags else None

    @cached_property
    def long_term_runs(self) -> list[LongTermRun]:
        """Of the scored sequences that say where the target is absent."""
        return [s.long_term_run for s, _ in self.scored if s.long_term_run is not None]

    @cached_property
    def long_term(self) -> LongTerm | None:
        """Precision, recall and F as VOT-LT has them; None where no sequence says where the target is absent."""
        return score_long_term(self.long_term_runs) if self.long_term_runs else None

    @property
    def returns(self) -> list[int | None]:
        """Of all sequences; see `LongTermRun.returns`."""
        return [frames for run in self.long_term_runs for frames in run.returns()]

    @property
    def fps(self) -> float | None:
        """All updates over all their seconds; None unless every scored sequence was timed."""
        return _pace([s for s, _ in self.scored])

    def values(self, measure: Measure) -> list[float]:
        """Of the scored sequences."""
        return [value for _, score in self.scored if (value := getattr(score, measure)) is not None]

    def mean(self, measure: Measure) -> float | None:
        """Plain mean of the scored sequences; None where none has the measure."""
        values = self.values(measure)
        return float(np.mean(values)) if values else None

    def interval(self, measure: Measure) -> tuple[float, float] | None:
        """95 per cent interval of the mean, by bootstrap over sequences; None for fewer than two."""
        return mean_interval(self.values(measure))

    def curve(self, curve: Curve) -> NDArray[np.float64] | None:
        """Mean curve of the scored sequences, at the thresholds of `score`; None where all failed."""
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
        measures: tuple[Measure, ...] = ("found",) if self.protocol.guided else ("auc", "dp20", "norm_precision")
        measures += ("f",) if self.protocol.long_term else ()
        figures: dict[str, Any] = {"protocol": self.protocol.name}
        for measure in measures:
            figures |= {measure: self.mean(measure), f"{measure}_interval": self.interval(measure)}
        if self.protocol.guided:
            figures["found_standard_error"] = standard_error(self.values("found"))
            figures |= _within([score for _, score in self.scored])
        if self.protocol.long_term:
            figures["long_term"] = self._long_term_figures()
        flags = self.flags
        return figures | {
            "runs": sum(max(len(s.runs), 1) for s, _ in self.scored),
            "fps": self.fps,
            "score_roc": self.separation,
            **({"score_ece": found.error.value, "calibration": found.summary()} if (found := self.calibration) else {}),
            **({"lost": vars(flags)} if flags else {}),
            "sequences": {s.name: _figures(s, measures) for s in self.sequences},
        }

    def _long_term_figures(self) -> dict[str, Any]:
        """F, its parts and interval, and the frames until each return of the target was noticed, as JSON values."""
        score, returns = self.long_term, self.returns
        if score is None:
            return {}
        found = [frames for frames in returns if frames is not None]
        return {
            "f": score.f,
            "f_interval": f_interval(self.long_term_runs),
            "precision": score.precision,
            "recall": score.recall,
            "threshold": score.threshold,
            "returns": len(returns),
            "found_again": len(found),
            "frames_until_found": returns,
        }


def _figures(result: SequenceResult, measures: abc.Sequence[Measure]) -> dict[str, Any]:
    """Of one sequence and its runs."""
    if result.score is None:
        return {"failed": result.failure}
    found: dict[str, Any] = {"fps": result.fps, "runs": max(len(result.runs), 1)}
    for measure in measures:
        found[measure] = getattr(result.score, measure)
        if result.runs:
            of_runs = {run.name: getattr(run.score, measure) for run in result.runs}
            found |= {f"{measure}_interval": mean_interval(list(of_runs.values())), f"{measure}_of_runs": of_runs}
    return found


def _within(scores: abc.Sequence[Score]) -> dict[str, float]:
    means = np.mean([score.within for score in scores], axis=0).tolist() if scores else []
    return {f"within_{near:g}": mean for near, mean in zip(NEAR, means, strict=False)}


def _pace(results: abc.Sequence[SequenceResult]) -> float | None:
    """All updates over all their seconds; None unless each was timed."""
    moving = [s for s in results if s.updates]
    seconds = [s.updates / s.fps for s in moving if s.fps]
    return sum(s.updates for s in moving) / sum(seconds) if moving and len(seconds) == len(moving) else None


def score_run(sequence: Sequence, run: SequenceRun) -> SequenceResult:
    """Score a run by its sequence's annotation; none where that is withheld, as in GOT-10k's test set."""
    total = float(run.seconds.sum()) if run.seconds is not None else 0.0
    annotated = np.isfinite(sequence.boxes).all(axis=1)
    later = np.flatnonzero(annotated)[1:]
    if not later.size and len(run.boxes) > 1:
        return failed(sequence, "no frame but the first is annotated, so there is no score")
    flags = None
    if run.lost.size and sequence.absent is not None:
        absent, lost = sequence.absent[1:], run.lost[1:]
        flags = Flags(int(absent.sum()), int((absent & lost).sum()), len(later), int(run.lost[later].sum()))
    long_term_run = _long_term_run(sequence, run)
    return SequenceResult(
        sequence.name,
        replace(score_boxes(run.boxes, sequence.boxes), f=long_term_run.best() if long_term_run else None),
        fps=(len(run.boxes) - 1) / total if total else None,
        updates=len(run.boxes) - 1,
        attributes=sequence.attributes,
        boxes=run.boxes,
        confidence=run.scores[later] if run.scores.size else _none(),
        overlap=overlaps(run.boxes[later], sequence.boxes[later]),
        scored_frames=scored_frames(sequence, run),
        flags=flags,
        long_term_run=long_term_run,
    )


def _long_term_run(sequence: Sequence, run: SequenceRun) -> LongTermRun | None:
    """Frames after the first that are annotated or known to be without the target; None where the latter is not told.

    A tracker without a score is sure of all its boxes, one that says nothing of losses is never lost.
    """
    if sequence.absent is None:
        return None
    known = sequence.told
    return LongTermRun(
        run.scores[known] if run.scores.size else np.ones(known.size),
        overlaps(run.boxes[known], sequence.boxes[known]),
        sequence.absent[known],
        run.lost[known] if run.lost.size else np.zeros(known.size, bool),
    )


def failed(sequence: Sequence, reason: str) -> SequenceResult:
    """A sequence that has no score."""
    return SequenceResult(sequence.name, None, failure=reason, attributes=sequence.attributes)


def of_runs(sequence: Sequence, runs: abc.Sequence[SequenceResult]) -> SequenceResult:
    """The result on a sequence whose runs, at least one, are scored: its score is the mean of theirs.

    A run without a score leaves the sequence without one: its mean would be of other runs than other trackers'.
    """
    if len(runs) == 1 and runs[0].name == sequence.name:
        return runs[0]
    if broken := next((run for run in runs if run.score is None), None):
        return failed(sequence, f"run {broken.name}: {broken.failure}")
    first = runs[0].boxes
    before = np.full((max(len(sequence.frames) - len(first), 0), 4), np.nan)
    return replace(joined(runs), name=sequence.name, boxes=np.concatenate([before, first]))


def joined(results: abc.Sequence[SequenceResult]) -> SequenceResult:
    """Scored results on one sequence, at least one, as one: the mean of their scores, all of their frames."""
    flags = [r.flags for r in results if r.flags is not None]
    return replace(
        results[0],
        score=mean_score([r.score for r in results if r.score is not None]),
        fps=_pace(results),
        updates=sum(r.updates for r in results),
        confidence=np.concatenate([r.confidence for r in results]),
        overlap=np.concatenate([r.overlap for r in results]),
        scored_frames=join_frames([r.scored_frames for r in results]),
        flags=sum(flags, Flags()) if flags else None,
        runs=tuple(results),
    )
