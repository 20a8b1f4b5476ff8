"""Figures 12 and 13: boxes of several trackers in frames, and where they fail."""

from collections.abc import Iterator, Sequence
from typing import Any

from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.reproduce.paper import FAILURES, REAL_TIME, STRIPS
from cfvgg_plugin.reproduce.sheet import show
from cfvgg_plugin.reproduce.table import Measurements, PaperTable
from cfvgg_plugin.reproduce.trackers import paper_rows

WORST = 3
"""Sequences in a drawing of failures."""


def _draw_strips(found: Measurements, names: Sequence[str] | None = None) -> Iterator[tuple[str, Any]]:
    """A strip a sequence, or those of `names`: ours, then the best of the others, as many as can be told apart."""
    from cfvgg_plugin.plots.frames import draw_strip  # noqa: PLC0415 (needs matplotlib)
    from cfvgg_plugin.plots.gallery import IN_STRIP, file_name  # noqa: PLC0415

    few = [m.result for m in sorted(found.trackers, key=lambda m: (not m.ours, -(m.auc or 0)))[:IN_STRIP]]
    for sequence in found.dataset.sequences:
        if sequence.name not in found.left_out and (names is None or sequence.name in names):
            yield file_name(sequence.name), draw_strip(sequence, few)


def _draw_failures(found: Measurements) -> Iterator[tuple[str, Any]]:
    from cfvgg_plugin.plots.frames import draw_failures  # noqa: PLC0415 (needs matplotlib)
    from cfvgg_plugin.plots.gallery import file_name  # noqa: PLC0415

    yield from _draw_strips(found, FAILURES)
    for m in found.trackers:
        worst = draw_failures(found.dataset.sequences, m.result, WORST) if m.ours else None
        if worst is not None:
            yield f"worst-{file_name(m.result.name)}", worst


def _show_strips(found: Measurements) -> str:
    """A line a tracker, a column a sequence; then those of the paper's that are missing."""
    there = [s.name for s in found.dataset.sequences]
    missing = [name for name in STRIPS if name not in there]
    parts = []
    if there:
        lines = [(m.label, *_by_name(m.result, there), show(m.auc)) for m in found.trackers]
        parts.append(format_table(("tracker", *there, f"mean of {found.scored}"), lines))
    return "\n".join(parts + [f"of the paper's ten, not shown: {', '.join(missing)}"] * bool(missing))


def _show_failures(found: Measurements) -> str:
    """A line a sequence, the paper's first; a column a tracker that ran here."""
    there = sorted((s.name for s in found.dataset.sequences), key=lambda name: name not in FAILURES)
    results = [m.result for m in found.trackers if m.ours]
    lines = [(f"{name}: not at hand", *("-" for _ in results)) for name in FAILURES if name not in there]
    columns = [_by_name(result, there) for result in results]
    lines += [(name, *cells) for name, *cells in zip(there, *columns, strict=True)]
    return format_table(("sequence", *(result.name for result in results)), lines)


def _by_name(result: TrackerResult, names: Sequence[str]) -> list[str]:
    """AUC in per cent of the sequences of these names."""
    scores = {s.name: 100 * score.auc for s, score in result.scored}
    return [show(scores.get(name)) for name in names]


def figure12() -> PaperTable:
    """Strips of the paper's ten sequences."""
    title = "Figure 12: boxes of several trackers on ten sequences; success AUC (%), of which the paper prints none"
    rows = paper_rows((*REAL_TIME, "CSR-DCF", "SiamFC"))
    return PaperTable("figure12", title, rows, _show_strips, draw=_draw_strips, only=STRIPS)


def figure13() -> PaperTable:
    """The paper's two failures, and ours."""
    title = "Figure 13: failure cases; success AUC (%), of which the paper prints none"
    notes = (
        f"the paper shows {' and '.join(FAILURES)}; drawn here are those of them that are at hand, and the {WORST}"
        " sequences on which each tracker that ran loses the target worst",
    )
    rows = paper_rows(("fECO", "fDeepSTRCF"))
    return PaperTable("figure13", title, rows, _show_failures, draw=_draw_failures, notes=notes)
