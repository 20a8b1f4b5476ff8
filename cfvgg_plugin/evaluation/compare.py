"""Whether one tracker is better than another, or only luckier with these sequences."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.results import Measure, SequenceResult, TrackerResult, joined
from cfvgg_plugin.evaluation.score import DRAWS, mean_interval, smallest_difference
from cfvgg_plugin.evaluation.table import common, format_table

Verdict = Literal["better", "worse", "cannot tell"]
FEWEST = 6
"""Sequences for a verdict: that all of fewer fall to one side happens by chance more often than once in 20."""
LEAST = 1e-3
"""Differences on a sequence below this count as a tie."""


@dataclass(frozen=True)
class Comparison:
    """Two trackers on the sequences that both have a score of."""

    first: str
    second: str
    measure: Measure
    differences: dict[str, float]
    """First less second, by sequence; the runs of a sequence are averaged before."""
    mean: float
    low: float | None
    """2.5 per cent of the bootstrap's means lie below; None on a single sequence, which tells nothing of others."""
    high: float | None
    """2.5 per cent of the bootstrap's means lie above."""
    smallest: float | None
    """Mean difference that such sequences show in four of five cases."""
    left_out: tuple[str, ...]
    """Sequences that only one of them has a score of."""

    @property
    def verdict(self) -> Verdict:
        """Whether the first is better: by the side of zero on which the interval lies, given FEWEST sequences."""
        if self.low is None or self.high is None or len(self.differences) < FEWEST:
            return "cannot tell"
        return "better" if self.low > 0 else "worse" if self.high < 0 else "cannot tell"

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.verdict != "cannot tell"

    @property
    def wins(self) -> tuple[int, int, int]:
        """Sequences won by the first, won by the second, tied."""
        values = np.array(list(self.differences.values()))
        return int((values >= LEAST).sum()), int((values <= -LEAST).sum()), int((np.abs(values) < LEAST).sum())


def compare(
    first: TrackerResult, second: TrackerResult, measure: Measure | None = None, draws: int = DRAWS, seed: int = 0
) -> Comparison:
    """Paired bootstrap over sequences: drawn with replacement, with all their runs, the same for both trackers.

    measure: that of the protocol where none is named. Raises InputError where the trackers share no scored sequence or
    were run by two protocols.
    """
    if first.protocol != second.protocol:
        raise InputError(
            f"{first.name} was run by {first.protocol.name}, {second.name} by {second.protocol.name}: "
            "only results of one protocol can be compared"
        )
    chosen = measure or first.main
    if first.protocol.guided and chosen != "found":
        raise InputError(f"--measure {chosen}: guided runs have the measure found alone")
    ours, theirs = ({s.name: getattr(score, chosen) for s, score in result.scored} for result in (first, second))
    if unknown := [name for name, value in {**ours, **theirs}.items() if value is None]:
        raise InputError(f"--measure {chosen}: {unknown[0]} does not say in which frames the target is absent")
    differences = {name: ours[name] - theirs[name] for name in ours if name in theirs}
    if not differences:
        raise InputError(f"{first.name} and {second.name}: no sequence that both have a score of")
    values = list(differences.values())
    low, high = mean_interval(values, draws, seed) or (None, None)
    left_out = tuple(sorted(ours.keys() ^ theirs.keys()))
    return Comparison(
        first.name, second.name, chosen, differences, float(np.mean(values)), low, high,
        smallest_difference(values), left_out,
    )  # fmt: skip


def compare_pooled(
    pairs: Sequence[tuple[TrackerResult, TrackerResult]],
    measure: Measure | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """`compare` two trackers over several datasets, a pair of results on each, at least one.

    A sequence of the same name in several of them is one, with the mean of its scores: variants of a video are no
    evidence of their own. Raises InputError as `compare` does, and for datasets run by two protocols.
    """
    if len(kinds := dict.fromkeys(first.protocol.name for first, _ in pairs)) > 1:
        raise InputError(f"results of the protocols {' and '.join(kinds)}: only those of one can be compared")
    shared = [(first.only(names), second.only(names)) for first, second in pairs for names in [common([first, second])]]
    ours, theirs = _pooled([first for first, _ in shared]), _pooled([second for _, second in shared])
    found = compare(ours, theirs, measure, draws, seed)
    alone = {s.name for pair in pairs for result in pair for s, _ in result.scored}
    return replace(found, left_out=tuple(sorted(alone - found.differences.keys())))


def _pooled(results: Sequence[TrackerResult]) -> TrackerResult:
    parts: dict[str, list[SequenceResult]] = {}
    for result in results:
        for sequence, _ in result.scored:
            parts.setdefault(sequence.name, []).append(sequence)
    return replace(results[0], sequences=tuple(p[0] if len(p) == 1 else joined(p) for p in parts.values()))


def format_comparison(found: Comparison) -> str:
    """The difference with its interval and the verdict, and the sequences from the first's clearest win to its loss."""
    rows = [(name, f"{value:+.4f}") for name, value in sorted(found.differences.items(), key=lambda item: -item[1])]
    won, lost, tied = found.wins
    between = "" if found.low is None else f", 95 % interval {found.low:+.4f} to {found.high:+.4f}"
    lines = [
        format_table((f"{found.first} - {found.second}", found.measure), rows),
        "",
        f"mean difference {found.mean:+.4f}{between} over {len(rows)} sequence(s)",
        f"{found.first} wins {won}, {found.second} wins {lost}, {tied} tied",
    ]
    if found.smallest is not None:
        lines.append(
            f"the smallest mean difference that these sequences would show, four times in five: {found.smallest:.4f}"
        )
    said = {
        "better": f"{found.first} is better than {found.second}",
        "worse": f"{found.first} is worse than {found.second}",
        "cannot tell": f"cannot tell {found.first} from {found.second}",
    }
    few = f" (fewer than {FEWEST} sequences)" if len(rows) < FEWEST else ""
    lines.append(f"verdict: {said[found.verdict]}{few}")
    if found.left_out:
        lines.append(f"left out, since only one has a score: {', '.join(found.left_out)}")
    return "\n".join(lines)
