"""Figures 1 and 7 to 10: accuracy on whole benchmarks, over speed and as success and precision plots."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from cfvgg_plugin.datasets.known import DATASETS
from cfvgg_plugin.reproduce.paper import AUC, GAPS, ON_GPU, OTB2015, SPEED, TABLE7
from cfvgg_plugin.reproduce.sheet import auc_table
from cfvgg_plugin.reproduce.table import Measurements, PaperTable
from cfvgg_plugin.reproduce.trackers import paper_rows


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
