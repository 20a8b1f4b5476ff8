"""Table IV: accuracy by training configuration."""

from collections.abc import Sequence

from cfvgg_plugin.datasets.known import DATASETS
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.reproduce.paper import TABLE4
from cfvgg_plugin.reproduce.sheet import gap, show
from cfvgg_plugin.reproduce.table import BASELINE, Measurements, PaperRow, PaperTable, Variant
from cfvgg_plugin.train.recipe import LOSSES

TRACKERS = tuple(TABLE4)
BENCHMARKS = ("otb2013", "otb2015", "tc128")
HAND_CRAFTED = "hand-crafted"
VARIANTS = (BASELINE, Variant("pretrained", trained=False), *(Variant(loss, loss=loss) for loss in LOSSES))
SPECIAL = {HAND_CRAFTED: ("hand_crafted", ""), "adaptive": ("adaptive", "both")}
"""Setting and network of the rows that are not cf_vgg on the network of their name."""


def table4(trackers: Sequence[str] = TRACKERS) -> PaperTable:
    """The table for some of its two trackers."""
    chosen = tuple(dict.fromkeys(trackers))
    rows = []
    for tracker in chosen:
        for name, figures in TABLE4[tracker].items():
            setting, network = SPECIAL.get(name, ("cf_vgg", name))
            rows.append(PaperRow(f"{tracker}/{name}", f"{tracker}/{setting}", network, figures))
    return PaperTable(
        "table4",
        "Table IV: success AUC (%) by training configuration",
        tuple(rows),
        lambda *found: "\n\n".join(_part(tracker, found) for tracker in chosen),
        BENCHMARKS,
        VARIANTS,
        (
            "pretrained: the paper's tiny model, trained to classify; no recipe makes it",
            "to h.-c.: difference to the row of hand-crafted features (the paper's of OTB-2015)",
        ),
    )


def _part(tracker: str, found: Sequence[Measurements]) -> str:
    """One tracker's rows: the paper's benchmarks, then ours."""
    parts = sorted(found, key=lambda part: BENCHMARKS.index(part.benchmark))
    header = [f"{'paper: ' * (i == 0)}{DATASETS[name].title}" for i, name in enumerate(BENCHMARKS)] + ["to h.-c."]
    for part in parts:
        header += [f"ours: {DATASETS[part.benchmark].title}", "- paper's", "to h.-c.", "frames/s"]
    lines = []
    for name, paper in TABLE4[tracker].items():
        cells = [show(paper.on(benchmark)) for benchmark in BENCHMARKS]
        cells.append(gap(paper.auc, TABLE4[tracker][HAND_CRAFTED].auc))
        for part in parts:
            ours, base = part.first(f"{tracker}/{name}"), part.first(f"{tracker}/{HAND_CRAFTED}")
            cells += [show(ours.auc), gap(ours.auc, paper.on(part.benchmark)), gap(ours.auc, base.auc)]
            cells.append(show(ours.result.fps))
        lines.append((paper.label, *cells))
    return format_table((tracker, *header), lines)
