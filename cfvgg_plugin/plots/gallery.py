"""Which pictures a set of results has: what `cfvgg plot` writes and `cfvgg report` shows."""

import re
from collections import Counter, abc
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from matplotlib.figure import Figure

from cfvgg_plugin.datasets.sequence import Dataset, Sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.table import attribute_means, common, ranked
from cfvgg_plugin.plots.charts import (
    LEAST,
    draw_attribute_radar,
    draw_norm_precision,
    draw_precision,
    draw_reliability,
    draw_speed,
    draw_success,
)
from cfvgg_plugin.plots.frames import draw_failures, draw_strip
from cfvgg_plugin.plots.style import Styles, assign_styles, save_figure
from cfvgg_plugin.system.files import make_folder

IN_STRIP = 8
"""Trackers in a strip, as in the paper; more hide each other."""


def comparable(results: abc.Sequence[TrackerResult]) -> list[TrackerResult]:
    """The trackers that have a score, best AUC first, on the sequences that all of them have a score of.

    Raises InputError where there is no such sequence.
    """
    scored = [result for result in results if result.scored]
    names = common(scored)
    if not names:
        trackers = ", ".join(result.name for result in scored) or "none of the trackers"
        raise InputError(f"no sequence that all have a score of: {trackers}; choose some with --tracker")
    return ranked(scored, names)


def title(dataset: Dataset, results: abc.Sequence[TrackerResult]) -> str:
    """What `comparable` results are of, for the titles of plots: "OTB-2015, 12 of 100 sequences"."""
    whole = f" of {dataset.total}" if dataset.total is not None else ""
    return f"{dataset.title}, {len(results[0].scored)}{whole} sequence(s)"


def overview(results: abc.Sequence[TrackerResult], what: str, styles: Styles) -> Iterator[tuple[str, Figure]]:
    """Curves, reliability, radar and speed by name, of `comparable` results; all but the curves where there is any."""
    yield "success", draw_success(results, f"Success\n{what}", styles)
    yield "precision", draw_precision(results, f"Precision\n{what}", styles)
    yield "norm_precision", draw_norm_precision(results, f"Normalised precision\n{what}", styles)
    if any(result.calibration for result in results):
        yield "reliability", draw_reliability(results, f"Reliability of the score\n{what}", styles)
    if results and len(attribute_means(results[0])) >= LEAST:
        yield "attributes", draw_attribute_radar(results, f"AUC by attribute\n{what}", styles)
    points = [(r.name, r.fps, auc) for r in results if r.fps is not None and (auc := r.mean("auc")) is not None]
    if points:
        yield "speed", draw_speed(points, f"Speed and accuracy\n{what}", styles)


def strips(
    sequences: abc.Sequence[Sequence], results: abc.Sequence[TrackerResult], count: int, styles: Styles
) -> Iterator[tuple[str, Figure]]:
    """Strips by sequence: the `count` in which the trackers differ most; of the best trackers, no more than eight."""
    shown = results[:IN_STRIP]
    spread: dict[str, list[float]] = {}
    for result in shown:
        for found, score in result.scored:
            spread.setdefault(found.name, []).append(score.auc)
    telling = sorted(spread, key=lambda name: min(spread[name]) - max(spread[name]))[:count]
    for sequence in sequences:
        if sequence.name in telling:
            yield sequence.name, draw_strip(sequence, shown, styles=styles)


def failures(
    sequences: abc.Sequence[Sequence], results: abc.Sequence[TrackerResult], count: int, styles: Styles
) -> Iterator[tuple[str, Figure]]:
    """Failure cases by tracker, `count` sequences each; trackers that never lose the target are left out."""
    for result in results:
        figure = draw_failures(sequences, result, count, styles)
        if figure is not None:
            yield result.name, figure


def write_plots(
    found: abc.Sequence[TrackerResult], dataset: Dataset, out: Path, kind: str, strip_count: int, failure_count: int
) -> Iterator[Path]:
    """Write every picture to the folder `out` as "svg" or "png"; yields each file when it is written.

    found: all results, of which the comparable part is drawn. Raises InputError where nothing can be compared, and for
    a folder that cannot be written.
    """
    results = comparable(found)
    styles = assign_styles(result.name for result in results)
    out = make_folder(out)
    pictures = chain(
        overview(results, title(dataset, results), styles),
        ((f"strip-{name}", figure) for name, figure in strips(dataset.sequences, results, strip_count, styles)),
        ((f"failures-{name}", figure) for name, figure in failures(dataset.sequences, found, failure_count, styles)),
    )
    taken: Counter[str] = Counter()
    for name, figure in pictures:
        safe = file_name(name)
        taken[safe] += 1
        number = f"-{taken[safe]}" if taken[safe] > 1 else ""  # two trackers' names may differ in odd letters alone
        yield save_figure(figure, out / f"{safe}{number}.{kind}")


def file_name(name: str) -> str:
    """A tracker's or sequence's name as part of a file's."""
    return re.sub(r"[^\w.+-]+", "-", name).strip("-") or "unnamed"
