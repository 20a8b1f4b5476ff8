"""Whether one tracker is better than another, or only luckier with these sequences."""

from dataclasses import dataclass

import numpy as np

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.results import Measure, TrackerResult
from cfvgg_plugin.evaluation.table import format_table

DRAWS = 10_000
LEAST = 1e-3
"""Differences on a sequence below this count as a tie."""


@dataclass(frozen=True)
class Comparison:
    """Two trackers on the sequences that both have a score of."""

    first: str
    second: str
    measure: Measure
    differences: dict[str, float]
    """First less second, by sequence."""
    mean: float
    low: float
    """2.5 per cent of the bootstrap's means lie below."""
    high: float
    """2.5 per cent of the bootstrap's means lie above."""
    left_out: tuple[str, ...]
    """Sequences that only one of them has a score of."""

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0

    @property
    def wins(self) -> tuple[int, int, int]:
        """Sequences won by the first, won by the second, tied."""
        values = np.array(list(self.differences.values()))
        return int((values >= LEAST).sum()), int((values <= -LEAST).sum()), int((np.abs(values) < LEAST).sum())


def compare(
    first: TrackerResult, second: TrackerResult, measure: Measure = "auc", draws: int = DRAWS, seed: int = 0
) -> Comparison:
    """Paired bootstrap over sequences (Efron and Tibshirani 1993, percentile interval of 95 per cent).

    Sequences are drawn with replacement, the same for both trackers, and the mean difference is taken, `draws` times.
    Raises InputError where the trackers share no scored sequence.
    """
    ours, theirs = ({s.name: getattr(score, measure) for s, score in result.scored} for result in (first, second))
    differences = {name: ours[name] - theirs[name] for name in ours if name in theirs}
    if not differences:
        raise InputError(f"{first.name} and {second.name}: no sequence that both have a score of")
    values = np.array(list(differences.values()))
    drawn = np.random.default_rng(seed).integers(len(values), size=(draws, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    left_out = tuple(sorted(ours.keys() ^ theirs.keys()))
    return Comparison(
        first.name, second.name, measure, differences, float(values.mean()), float(low), float(high), left_out
    )


def format_comparison(found: Comparison) -> str:
    """The difference with its interval, and the sequences from the first's clearest win to its clearest loss."""
    rows = [(name, f"{value:+.4f}") for name, value in sorted(found.differences.items(), key=lambda item: -item[1])]
    won, lost, tied = found.wins
    verdict = "clear at 95 %" if found.clear else "not clear: zero is inside the interval"
    lines = [
        format_table((f"{found.first} - {found.second}", found.measure), rows),
        "",
        f"mean difference {found.mean:+.4f}, 95 % interval {found.low:+.4f} to {found.high:+.4f}"
        f" over {len(rows)} sequence(s): {verdict}",
        f"{found.first} wins {won}, {found.second} wins {lost}, {tied} tied",
    ]
    if found.left_out:
        lines.append(f"left out, since only one has a score: {', '.join(found.left_out)}")
    return "\n".join(lines)
