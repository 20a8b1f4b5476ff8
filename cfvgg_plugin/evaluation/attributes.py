"""What is difficult in a sequence, and how well trackers cope with it (paper, tables VII and VIII, figure 11)."""

from collections.abc import Iterable, Sequence

import numpy as np

from cfvgg_plugin.evaluation.results import Measure, TrackerResult
from cfvgg_plugin.evaluation.table import common, format_table, number, ranked

ORDER = ("IV", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OPR", "OV", "BC", "LR")
"""OTB's eleven as the paper lists them; those of other benchmarks follow by the alphabet."""


def attribute_means(result: TrackerResult, measure: Measure | None = None) -> dict[str, tuple[float, int]]:
    """Mean score of the sequences that have an attribute, and how many of them are scored; by attribute, in order.

    measure: that of the protocol where none is named. Attributes without a scored sequence are left out.
    """
    values: dict[str, list[float]] = {}
    for sequence, score in result.scored:
        for attribute in sequence.attributes:
            values.setdefault(attribute, []).append(getattr(score, measure or result.main))
    return {name: (float(np.mean(values[name])), len(values[name])) for name in in_order(values)}


def in_order(attributes: Iterable[str]) -> list[str]:
    """The attributes as tables list them."""
    return sorted(attributes, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


def attribute_table(results: Sequence[TrackerResult], measure: Measure | None = None) -> str:
    """A row a tracker, the best first; a column an attribute with its number of sequences; last the mean of all.

    Only sequences that all trackers have a score of count. Empty where none of them has an attribute.
    """
    names = common(results)
    shared = ranked(results, names, measure)
    means = [attribute_means(result, measure) for result in shared]
    if not means or not means[0]:
        return ""
    measure = measure or shared[0].main
    header = [measure, *(f"{name} ({count})" for name, (_, count) in means[0].items()), f"overall ({len(names)})"]
    rows = [
        [result.name, *(f"{value:.3f}" for value, _ in row.values()), number(result.mean(measure), 3)]
        for result, row in zip(shared, means, strict=True)
    ]
    return format_table(header, rows)
