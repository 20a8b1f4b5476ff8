"""Figures 1 and 7 to 13 of the paper on the sequences at hand; needs matplotlib."""

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure

from cfvgg_plugin.evaluation.attributes import ORDER, attribute_means
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.plots.attributes import LEAST, draw_attribute_radar
from cfvgg_plugin.plots.curves import draw_precision, draw_success
from cfvgg_plugin.plots.frames import draw_failures, draw_strip
from cfvgg_plugin.plots.gallery import IN_STRIP, file_name
from cfvgg_plugin.plots.speed import draw_speed
from cfvgg_plugin.reproduce.benchmarks import OTB2015, title_of
from cfvgg_plugin.reproduce.by_attribute import attribute_sheet
from cfvgg_plugin.reproduce.exhibit import Exhibit
from cfvgg_plugin.reproduce.field import Field
from cfvgg_plugin.reproduce.paper import (
    AUC,
    FAILURES,
    GAPS,
    ON_GPU,
    REAL_TIME,
    SPEED,
    STRIPS,
    TABLE7,
)
from cfvgg_plugin.reproduce.sheet import auc_table, per_cent
from cfvgg_plugin.reproduce.tables import show

Pictures = Iterator[tuple[str, Figure]]
WORST = 3
"""Sequences in a drawing of failures."""


def figure(name: str) -> Exhibit:
    """One of FIGURES."""
    return FIGURES[name]


def _figure1() -> Exhibit:
    printed = AUC[OTB2015]
    notes = (
        "the paper draws AUC over distance precision, which it does not print; here AUC over speed, and DP20 beside",
        f"the paper's speeds are of several machines; on a GPU: {', '.join(ON_GPU)}",
    )
    rows = tuple(sorted(printed, key=lambda row: -printed[row]))
    return Exhibit(
        "figure1", "Figure 1: accuracy and speed", rows, lambda field: auc_table(field, rows, printed, SPEED),
        paper={"auc": printed, "fps": SPEED}, draw=_draw_speed, notes=notes,
    )  # fmt: skip


def _draw_speed(field: Field) -> Pictures:
    paper = AUC[OTB2015]
    points = [(f"{row} (paper)", float(SPEED[row]), auc / 100) for row, auc in paper.items() if row in SPEED]
    ours = [
        (f"{e.result.name} (here)", e.result.fps, auc)
        for e in field.entries if e.result.fps is not None and (auc := e.result.mean("auc")) is not None
    ]  # fmt: skip
    yield "speed", draw_speed([*ours, *points], f"{title_of(OTB2015)} (paper), {field.scored} sequence(s) (here)")


def _curves(name: str, number: int, benchmark: str, rows: tuple[str, ...], precision: bool) -> Exhibit:
    """Figures 7 to 10."""
    printed, title = AUC[benchmark], title_of(benchmark)
    kinds = "precision and success" if precision else "success"
    notes = [GAPS[benchmark]] if benchmark in GAPS else []
    if not printed:
        notes.append("the paper's own figures are only drawn, not printed, so there is no difference to show")
    elif benchmark == OTB2015:
        notes.append("the paper's figures of the trackers that are not real-time are only drawn, not printed")

    def draw(field: Field) -> Pictures:
        have = f"{field.scored} sequence(s) of {field.dataset.title}"
        yield "success", draw_success(field.results, f"Success, {have}")
        if precision:
            yield "precision", draw_precision(field.results, f"Precision, {have}")

    return Exhibit(
        name, f"Figure {number}: {kinds} plots on {title}", rows, lambda field: auc_table(field, rows, printed),
        benchmark, {"auc": printed}, draw, notes=tuple(notes),
    )  # fmt: skip


def _figure11() -> Exhibit:
    printed = {row: TABLE7[row] for row in REAL_TIME}
    title = "Figure 11: success plots by attribute of the six best real-time trackers; AUC (%)"
    return Exhibit(
        "figure11",
        title,
        REAL_TIME,
        lambda field: attribute_sheet(field, printed),
        paper=printed,
        draw=_draw_attributes,
    )


def _draw_attributes(field: Field) -> Pictures:
    """A plot an attribute that some sequence has, one of all sequences, and a radar where it has three spokes."""
    yield "overall", draw_success(field.results, f"Overall ({field.scored})")
    have = attribute_means(field.results[0])
    for name in ORDER:
        if name in have:
            chosen = [s.name for s in field.results[0].sequences if name in s.attributes]
            results = [result.only(chosen) for result in field.results]
            yield name, draw_success(results, f"{name} ({have[name][1]})")
    if len(have) >= LEAST:
        yield "radar", draw_attribute_radar(field.results)


def _figure12() -> Exhibit:
    rows = (*REAL_TIME, "CSR-DCF", "SiamFC")
    title = "Figure 12: boxes of several trackers on ten sequences; success AUC (%), of which the paper prints none"
    return Exhibit("figure12", title, rows, _strip_table, draw=_draw_strips, only=STRIPS)


def _draw_strips(field: Field) -> Pictures:
    for sequence in field.dataset.sequences:
        if sequence.name not in field.left_out:
            yield file_name(sequence.name), draw_strip(sequence, _few(field))


def _few(field: Field) -> list[TrackerResult]:
    """Ours, then the best of the others, as many as can be told apart in a strip."""
    chosen = sorted(field.entries, key=lambda e: (not e.ours, -(per_cent(e.result) or 0)))[:IN_STRIP]
    return [entry.result for entry in chosen]


def _figure13() -> Exhibit:
    title = "Figure 13: failure cases; success AUC (%), of which the paper prints none"
    notes = (
        f"the paper shows {' and '.join(FAILURES)}; drawn here are those of them that are at hand, and the {WORST}"
        " sequences on which each tracker that ran loses the target worst",
    )
    rows = ("fECO", "fDeepSTRCF")
    return Exhibit("figure13", title, rows, _failure_table, draw=_draw_failures, notes=notes)


def _draw_failures(field: Field) -> Pictures:
    for sequence in field.dataset.sequences:
        if sequence.name in FAILURES and sequence.name not in field.left_out:
            yield file_name(sequence.name), draw_strip(sequence, _few(field))
    for entry in field.entries:
        worst = draw_failures(field.dataset.sequences, entry.result, WORST) if entry.ours else None
        if worst is not None:
            yield f"worst-{file_name(entry.result.name)}", worst


def _strip_table(field: Field | None) -> str:
    """A line a tracker, a column a sequence; then those of the paper's that are missing."""
    there = [s.name for s in field.dataset.sequences] if field is not None else []
    missing = [name for name in STRIPS if name not in there]
    parts = [f"of the paper's ten, not shown: {', '.join(missing)}"] if missing else []
    if field is not None:
        lines = [(e.label, *_by_name(e.result, there), show(per_cent(e.result))) for e in field.entries]
        parts.insert(0, format_table(("tracker", *there, f"mean of {field.scored}"), lines))
    return "\n".join(parts)


def _failure_table(field: Field | None) -> str:
    """A line a sequence, the paper's first; a column a tracker that ran here."""
    there = [s.name for s in field.dataset.sequences] if field is not None else []
    results = [entry.result for entry in field.entries if entry.ours] if field is not None else []
    lines = [(f"{name}: not at hand", *("-" for _ in results)) for name in FAILURES if name not in there]
    order = sorted(there, key=lambda name: name not in FAILURES)
    columns = [_by_name(result, order) for result in results]
    lines += [(name, *cells) for name, *cells in zip(order, *columns, strict=True)]
    return format_table(("sequence", *(result.name for result in results)), lines)


def _by_name(result: TrackerResult, names: Sequence[str]) -> list[str]:
    """AUC in per cent of the sequences of these names."""
    scores = {s.name: 100 * score.auc for s, score in result.scored}
    return [show(scores.get(name)) for name in names]


_DEEP = ("fECO", "fDeepSTRCF", "ECO", "DeepSTRCF")
FIGURES = {
    "figure1": _figure1(),
    "figure7": _curves("figure7", 7, OTB2015, tuple(TABLE7), False),
    "figure8": _curves("figure8", 8, "tc128", tuple(AUC["tc128"]), False),
    "figure9": _curves("figure9", 9, "uav123", _DEEP, True),
    "figure10": _curves("figure10", 10, "lasot", _DEEP, True),
    "figure11": _figure11(),
    "figure12": _figure12(),
    "figure13": _figure13(),
}
