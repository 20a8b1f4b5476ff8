"""Table IV: accuracy by training configuration."""

from collections.abc import Mapping, Sequence

from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.reproduce.paper import TABLE4
from cfvgg_plugin.reproduce.tables import Measured, Row, Table, gap, show
from cfvgg_plugin.reproduce.variants import BASELINE, Variant
from cfvgg_plugin.train.recipe import LOSSES

TRACKERS = tuple(TABLE4)
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
    return Table("table4", title, VARIANTS, tuple(rows), _render, notes)


def _run(tracker: str, name: str) -> tuple[str, str | None]:
    """Tracker with its setting, and the network, of a row."""
    if name == HAND_CRAFTED:
        return f"{tracker}/hand_crafted", None
    if name == ADAPTIVE:
        return f"{tracker}/adaptive", "both"
    return f"{tracker}/default", name


def _render(rows: Sequence[Row], measured: Mapping[str, Measured]) -> str:
    header = ("paper: OTB-2013", "OTB-2015", "TC-128", "to h.-c.", "ours: AUC", "to h.-c.", "frames/s")
    parts = []
    for tracker in dict.fromkeys(row.key.partition("/")[0] for row in rows):
        reference = measured.get(f"{tracker}/{HAND_CRAFTED}")
        lines = []
        for row in rows:
            if not row.key.startswith(f"{tracker}/"):
                continue
            paper, ours = row.paper, measured.get(row.key)
            auc = ours.auc if ours else None
            theirs = (show(paper.otb2013), show(paper.auc), show(paper.tc128))
            differences = (
                gap(paper.auc, TABLE4[tracker][HAND_CRAFTED].auc),
                gap(auc, reference.auc if reference else None),
            )
            own = (show(auc), differences[1], show(ours.fps if ours else None))
            lines.append((paper.label, *theirs, differences[0], *own))
        parts.append(format_table((tracker, *header), lines))
    return "\n\n".join(parts)
