"""Table V: what each layer of teacher and student is worth alone."""

from collections.abc import Mapping, Sequence

from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.reproduce.benchmarks import OTB2015
from cfvgg_plugin.reproduce.paper import TABLE5
from cfvgg_plugin.reproduce.tables import Measured, Row, Table, gap, show
from cfvgg_plugin.reproduce.variants import BASELINE, STUDENT


def table5() -> Table:
    """The table: conv1, conv2 and conv5 of the student, and of the uncompressed network where it is given."""
    rows = [
        Row(f"{network}/{layer}", figures, f"fkcf/{layer}", network)
        for network, layers in TABLE5.items()
        for layer, figures in layers.items()
    ]
    notes = (
        "to base: difference to the same layer of the uncompressed network; the paper gives one speed for all layers",
        "an ONNX network without a layer of that name stands in with its deepest one of the same stride",
    )
    title = "Table V: success AUC (%) of fKCF by layer"
    return Table("table5", title, (BASELINE, STUDENT), tuple(rows), _render, notes)


def _render(rows: Sequence[Row], found: Mapping[str, Mapping[str, Measured]]) -> str:
    header = ("paper: OTB-2015", "AUC", "to base", "frames/s", "ours: AUC", "to base", "frames/s", "AUC - paper's")
    lines, measured = [], found[OTB2015]
    for row in rows:
        layer = row.key.partition("/")[2]
        ours, base = measured.get(row.key), measured.get(f"{BASELINE.name}/{layer}")
        auc = ours.auc if ours else None
        lines.append((
            row.paper.label,
            show(row.paper.auc),
            gap(row.paper.auc, TABLE5[BASELINE.name][layer].auc),
            show(row.paper.fps, 0),
            show(auc),
            gap(auc, base.auc if base else None),
            show(ours.fps if ours else None),
            gap(auc, row.paper.auc),
        ))  # fmt: skip
    return format_table(header, lines)
