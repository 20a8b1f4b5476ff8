"""Table V: what each layer of teacher and student is worth alone."""

from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.reproduce.paper import TABLE5
from cfvgg_plugin.reproduce.sheet import gap, show
from cfvgg_plugin.reproduce.table import BASELINE, STUDENT, Measurements, PaperRow, PaperTable

HEADER = ("paper: OTB-2015", "AUC", "to base", "frames/s", "ours: AUC", "to base", "frames/s", "AUC - paper's")


def table5() -> PaperTable:
    """The table: conv1, conv2 and conv5 of the student, and of the uncompressed network where it is given."""
    rows = [
        PaperRow(f"{network}/{layer}", f"fkcf/{layer}", network, figures)
        for network, layers in TABLE5.items()
        for layer, figures in layers.items()
    ]
    notes = (
        "to base: difference to the same layer of the uncompressed network; the paper gives one speed for all layers",
        "an ONNX network without a layer of that name stands in with its deepest one of the same stride",
    )
    title = "Table V: success AUC (%) of fKCF by layer"
    return PaperTable("table5", title, tuple(rows), _show, variants=(BASELINE, STUDENT), notes=notes)


def _show(found: Measurements) -> str:
    lines = []
    for network, layers in TABLE5.items():
        for layer, paper in layers.items():
            ours, base = found.first(f"{network}/{layer}"), found.first(f"{BASELINE.name}/{layer}")
            printed = (show(paper.auc), gap(paper.auc, TABLE5[BASELINE.name][layer].auc), show(paper.fps, 0))
            here = (show(ours.auc), gap(ours.auc, base.auc), show(ours.result.fps), gap(ours.auc, paper.auc))
            lines.append((paper.label, *printed, *here))
    return format_table(HEADER, lines)
