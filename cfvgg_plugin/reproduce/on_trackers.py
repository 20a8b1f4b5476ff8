"""Tables VII and VIII and figures 1 and 7 to 13, whose rows are trackers on a benchmark.

By attribute of OTB-2015: tables VII and VIII, figure 11. On whole benchmarks, over speed and as success and precision
plots: figures 1 and 7 to 10. In frames, and where they fail: figures 12 and 13.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from cfvgg_plugin.datasets.known import DATASETS
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.table import ORDER, attribute_means, format_table
from cfvgg_plugin.reproduce.paper import (
    AUC,
    FAILURES,
    GAPS,
    ON_GPU,
    OTB2015,
    PAIRS,
    REAL_TIME,
    SPEED,
    STRIPS,
    TABLE7,
    TABLE8,
)
from cfvgg_plugin.reproduce.table import Measurements, PaperTable, attribute_table, auc_table, show
from cfvgg_plugin.reproduce.trackers import paper_rows


def _draw_attributes(found: Measurements) -> Iterator[tuple[str, Any]]:
    """A plot an attribute that some sequence has, one of all sequences, and a radar where it has three spokes."""
    from cfvgg_plugin.plots.charts import LEAST, draw_attribute_radar, draw_success  # noqa: PLC0415 (needs matplotlib)

    yield "overall", draw_success(found.results, f"Overall ({found.scored})")
    have = attribute_means(found.results[0])
    for name in ORDER:
        if name in have:
            chosen = [s.name for s in found.results[0].sequences if name in s.attributes]
            yield name, draw_success([result.only(chosen) for result in found.results], f"{name} ({have[name][1]})")
    if len(have) >= LEAST:
        yield "radar", draw_attribute_radar(found.results)


def table7() -> PaperTable:
    """Real-time trackers."""
    title = "Table VII: success AUC (%) of real-time trackers by attribute"
    return PaperTable("table7", title, paper_rows(TABLE7), partial(attribute_table, printed=TABLE7), paper=TABLE7)


def table8() -> PaperTable:
    """Compressed trackers, their originals and the differences."""
    title = "Table VIII: success AUC (%) by attribute: compressed trackers and their originals"
    show = partial(attribute_table, printed=TABLE8, pairs=PAIRS)
    return PaperTable("table8", title, paper_rows(TABLE8), show, paper=TABLE8)


def figure11() -> PaperTable:
    """The six best real-time trackers."""
    best = {row: TABLE7[row] for row in REAL_TIME}
    title = "Figure 11: success plots by attribute of the six best real-time trackers; AUC (%)"
    show = partial(attribute_table, printed=best)
    return PaperTable("figure11", title, paper_rows(best), show, paper=best, draw=_draw_attributes)


def _draw_speed(found: Measurements) -> Iterator[tuple[str, Any]]:
    from cfvgg_plugin.plots.charts import draw_speed  # noqa: PLC0415 (needs matplotlib)

    points = [
        (f"{m.result.name} (here)", fps, auc)
        for m in found.trackers
        if (fps := m.result.fps) is not None and (auc := m.result.mean("auc")) is not None
    ]
    points += [(f"{row} (paper)", float(SPEED[row]), auc / 100) for row, auc in AUC[OTB2015].items() if row in SPEED]
    yield "speed", draw_speed(points, f"{DATASETS[OTB2015].title} (paper), {found.scored} sequence(s) (here)")


def _draw_curves(found: Measurements, precision: bool) -> Iterator[tuple[str, Any]]:
    from cfvgg_plugin.plots.charts import draw_precision, draw_success  # noqa: PLC0415 (needs matplotlib)

    have = f"{found.scored} sequence(s) of {found.dataset.title}"
    yield "success", draw_success(found.results, f"Success, {have}")
    if precision:
        yield "precision", draw_precision(found.results, f"Precision, {have}")


def figure1() -> PaperTable:
    """Accuracy over speed on OTB-2015."""
    rows = sorted(AUC[OTB2015], key=lambda row: -AUC[OTB2015][row])
    return PaperTable(
        "figure1",
        "Figure 1: accuracy and speed",
        paper_rows(rows),
        partial(auc_table, rows=rows, printed=AUC[OTB2015], speeds=SPEED),
        notes=(
            "the paper draws AUC over distance precision, which it does not print; here AUC over speed, and DP20"
            " beside",
            f"the paper's speeds are of several machines; on a GPU: {', '.join(ON_GPU)}",
        ),
        paper={"auc": AUC[OTB2015], "fps": SPEED},
        draw=_draw_speed,
    )


CURVES = {
    "figure7": (OTB2015, tuple(TABLE7), "success"),
    "figure8": ("tc128", tuple(AUC["tc128"]), "success"),
    "figure9": ("uav123", ("fECO", "fDeepSTRCF", "ECO", "DeepSTRCF"), "precision and success"),
    "figure10": ("lasot", ("fECO", "fDeepSTRCF", "ECO", "DeepSTRCF"), "precision and success"),
}
"""Benchmark, trackers and plots of figures 7 to 10."""


def curves(name: str) -> PaperTable:
    """One of CURVES."""
    benchmark, rows, plots = CURVES[name]
    printed, notes = AUC[benchmark], [GAPS[benchmark]] if benchmark in GAPS else []
    if not printed:
        notes.append("the paper's own figures are only drawn, not printed, so there is no difference to show")
    elif benchmark == OTB2015:
        notes.append("the paper's figures of the trackers that are not real-time are only drawn, not printed")
    return PaperTable(
        name,
        f"{name.replace('figure', 'Figure ')}: {plots} plots on {DATASETS[benchmark].title}",
        paper_rows(rows),
        partial(auc_table, rows=rows, printed=printed),
        (benchmark,),
        notes=tuple(notes),
        paper={"auc": printed},
        draw=partial(_draw_curves, precision="precision" in plots),
    )


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
