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
from cfvgg_plugin.evaluation.calibration import Calibration, calibrate
from cfvgg_plugin.evaluation.run import OPE, Protocol, SequenceRun
from cfvgg_plugin.evaluation.score import (
    NEAR,
    KnownFrames,
    LongTerm,
    Score,
    f_interval,
    join_frames,
    mean_interval,
    mean_score,
    score_boxes,
    score_long_term,
    separation,
    standard_error,
)

Measure = Literal["auc", "dp20", "norm_precision", "found", "f"]
Curve = Literal["success", "precision", "norm_curve"]


NO_RESULT = "no result"
"""Why a sequence has no score that was not run, or of which nothing was stored."""


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
    boxes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0), repr=False)
    """(frames, 4), 0-based; of several runs the first one's, NaN before its start."""
    known: KnownFrames | None = field(default=None, repr=False)
    """What the tracker said of the frames of which it is known whether the target is there."""
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

    @cached_property
    def known(self) -> list[KnownFrames]:
        """Of the scored sequences."""
        return [s.known for s, _ in self.scored if s.known is not None]

    @property
    def separation(self) -> float | None:
        """How well the tracker's score tells frames with an overlap above 0.3 from the rest; over all annotated frames.

        None where it has no score of its own: guided searches have none.
        """
        sure = [frames for frames in self.known if frames.scores is not None]
        if not sure or self.protocol.guided:
            return None
        scores, overlap = (
            np.concatenate([getattr(frames, name)[frames.shown] for frames in sure])
            for name in ("confidence", "overlap")
        )
        return separation(scores, overlap)

    @cached_property
    def calibration(self) -> Calibration | None:
        """Whether the score is the probability of an overlap above 0.3; None where `separation` finds no score."""
        frames = [frames for frames in self.known if frames.scores is not None]
        return calibrate(frames) if frames and not self.protocol.guided else None

    @property
    def flags(self) -> dict[str, int] | None:
        """How often it said `lost` where the target is absent, and where it is there, over all frames.

        None where no benchmark tells which frames are without the target, or the tracker not what is lost.
        """
        told = [frames for frames in self.long_term_runs if not np.isnan(frames.lost).any()]
        if not told:
            return None
        shown, lost = (np.concatenate([getattr(frames, name) for frames in told]) for name in ("shown", "lost"))
        return {
            "absent": int((~shown).sum()),
            "absent_flagged": int(lost[~shown].sum()),
            "present": int(shown.sum()),
            "present_flagged": int(lost[shown].sum()),
        }

    @cached_property
    def long_term_runs(self) -> list[KnownFrames]:
        """Of the scored sequences that say where the target is absent."""
        return [frames for frames in self.known if frames.absent is not None]

    @cached_property
    def long_term(self) -> LongTerm | None:
        """Precision, recall and F as VOT-LT has them; None where no sequence says where the target is absent."""
        return score_long_term(self.long_term_runs) if self.long_term_runs else None

    @property
    def returns(self) -> list[int | None]:
        """Of all sequences; see `KnownFrames.returns`."""
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
            means = np.mean([score.within for _, score in self.scored], axis=0).tolist() if self.scored else []
            figures |= {f"within_{near:g}": mean for near, mean in zip(NEAR, means, strict=False)}
        if self.protocol.long_term:
            figures["long_term"] = self._long_term_figures()
        return figures | {
            "runs": sum(max(len(s.runs), 1) for s, _ in self.scored),
            "fps": self.fps,
            "score_roc": self.separation,
            **({"score_ece": found.error.value, "calibration": found.summary()} if (found := self.calibration) else {}),
            **({"lost": flags} if (flags := self.flags) else {}),
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
    if result.score is None:
        return {"failed": result.failure}
    found: dict[str, Any] = {"fps": result.fps, "runs": max(len(result.runs), 1)}
    for measure in measures:
        found[measure] = getattr(result.score, measure)
        if result.runs:
            of_runs = {run.name: getattr(run.score, measure) for run in result.runs}
            found |= {f"{measure}_interval": mean_interval(list(of_runs.values())), f"{measure}_of_runs": of_runs}
    return found


def _pace(results: abc.Sequence[SequenceResult]) -> float | None:
    """All updates over all their seconds; None unless each was timed."""
    moving = [s for s in results if s.updates]
    seconds = [s.updates / s.fps for s in moving if s.fps]
    return sum(s.updates for s in moving) / sum(seconds) if moving and len(seconds) == len(moving) else None


def score_run(sequence: Sequence, run: SequenceRun) -> SequenceResult:
    """Score a run by its sequence's annotation; none where that is withheld, as in GOT-10k's test set."""
    total = float(run.seconds.sum()) if run.seconds is not None else 0.0
    if np.isfinite(sequence.boxes).all(axis=1).sum() < 2 and len(run.boxes) > 1:
        return failed(sequence, "no frame but the first is annotated, so there is no score")
    known = _known_frames(sequence, run)
    return SequenceResult(
        sequence.name,
        replace(score_boxes(run.boxes, sequence.boxes), f=None if known.absent is None else known.best()),
        fps=(len(run.boxes) - 1) / total if total else None,
        updates=len(run.boxes) - 1,
        attributes=sequence.attributes,
        boxes=run.boxes,
        known=known,
    )


def _known_frames(sequence: Sequence, run: SequenceRun) -> KnownFrames:
    known = sequence.told
    absent, overlap = None, overlaps(run.boxes[known], sequence.boxes[known])
    if sequence.absent is not None:
        absent = sequence.absent[known]
        overlap = np.where(absent, 0, overlap)
    lost = run.lost[known].astype(float) if run.lost.size else np.full(len(known), np.nan)
    return KnownFrames(run.scores[known] if run.scores.size else None, overlap, absent, lost)


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
    known = [r.known for r in results if r.known is not None]
    return replace(
        results[0],
        score=mean_score([r.score for r in results if r.score is not None]),
        fps=_pace(results),
        updates=sum(r.updates for r in results),
        known=join_frames(known) if known else None,
        runs=tuple(results),
    )
