"""Table IV: accuracy by training configuration."""

from collections.abc import Mapping, Sequence

from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.reproduce.benchmarks import title_of
from cfvgg_plugin.reproduce.paper import TABLE4
from cfvgg_plugin.reproduce.tables import Measured, Row, Table, gap, show
from cfvgg_plugin.reproduce.variants import BASELINE, Variant
from cfvgg_plugin.train.recipe import LOSSES

TRACKERS = tuple(TABLE4)
BENCHMARKS = ("otb2013", "otb2015", "tc128")
HAND_CRAFTED = "hand-crafted"
ADAPTIVE = "adaptive"
VARIANTS = (BASELINE, Variant("pretrained", trained=False), *(Variant(loss, loss=loss) for loss in LOSSES))


def table4(trackers: Sequence[str] = TRACKERS) -> Table:
    """The table for some of its two trackers."""
    rows = [
        Row(f"{tracker}/{name}", figures, *_run(tracker, name))
        for tracker in dict.fromkeys(trackers)
        for name, figures in TABLE4[tracker].items()
    ]
    notes = (
        "pretrained: the paper's tiny model, trained to classify; no recipe makes it",
        "to h.-c.: difference to the row of hand-crafted features (the paper's of OTB-2015)",
    )
    title = "Table IV: success AUC (%) by training configuration"
    return Table("table4", title, VARIANTS, tuple(rows), _render, notes, BENCHMARKS)


def _run(tracker: str, name: str) -> tuple[str, str | None]:
    """Tracker with its setting, and the network, of a row."""
    if name == HAND_CRAFTED:
        return f"{tracker}/hand_crafted", None
    if name == ADAPTIVE:
        return f"{tracker}/adaptive", "both"
    return f"{tracker}/cf_vgg", name


def _render(rows: Sequence[Row], found: Mapping[str, Mapping[str, Measured]]) -> str:
    header = [f"{'paper: ' * (i == 0)}{title_of(name)}" for i, name in enumerate(BENCHMARKS)] + ["to h.-c."]
    for name in BENCHMARKS:
        header += [f"ours: {title_of(name)}", "- paper's", "to h.-c.", "frames/s"] if name in found else []
    parts = []
    for tracker in dict.fromkeys(row.key.partition("/")[0] for row in rows):
        lines = []
        for row in rows:
            if row.key.startswith(f"{tracker}/"):
                printed = [show(row.paper.on(name)) for name in BENCHMARKS]
                printed.append(gap(row.paper.auc, TABLE4[tracker][HAND_CRAFTED].auc))
                ours = [cell for name in BENCHMARKS if name in found for cell in _ours(row, name, found[name])]
                lines.append((row.paper.label, *printed, *ours))
        parts.append(format_table((tracker, *header), lines))
    return "\n\n".join(parts)


def _ours(row: Row, benchmark: str, measured: Mapping[str, Measured]) -> list[str]:
    ours, reference = measured.get(row.key), measured.get(f"{row.key.partition('/')[0]}/{HAND_CRAFTED}")
    auc = ours.auc if ours else None
    to_hand_crafted = gap(auc, reference.auc if reference else None)
    return [show(auc), gap(auc, row.paper.on(benchmark)), to_hand_crafted, show(ours.fps if ours else None)]
