"""Tables III to V, whose rows are networks: by compression ratio, by training configuration, by layer."""

from collections.abc import Sequence

from cfvgg_plugin.datasets.known import DATASETS
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.registry import load_settings, split_name
from cfvgg_plugin.reproduce.paper import TABLE3, TABLE4, TABLE5
from cfvgg_plugin.reproduce.table import BASELINE, STUDENT, Measurements, PaperRow, PaperTable, Variant, gap, show
from cfvgg_plugin.train.recipe import LOSSES

RATIOS = tuple(name for name in TABLE3 if name != BASELINE.name)
BY_RATIO = ("paper: OTB-2015", "AUC", "MB", "frames/s", "ours: AUC", "MB", "frames/s", "AUC - paper's")


def table3(tracker: str = "feco/cf_vgg", ratios: Sequence[str] | None = None) -> PaperTable:
    """The table with `tracker`'s students of `ratios` (None: all of the paper's).

    Raises InputError for a tracker without a network and a ratio that is not in the paper's table.
    """
    full = "/".join(split_name(tracker))
    if not load_settings(full).needs_network:
        raise InputError(f"tracker {tracker}: uses no network, so there is nothing to compress")
    if wrong := [ratio for ratio in ratios or () if ratio not in RATIOS]:
        raise InputError(f"--ratios: {wrong[0]!r} is none of the paper's, which are {', '.join(RATIOS)}")
    notes = [
        "MB: ours are the convolutions up to conv5 as float32 (VGG-M: 26 MB), or an ONNX file; what the paper's are, it"
        " does not say",
        f"students of all widths ran as {full}",
    ]
    if not full.endswith("/adaptive"):
        notes.append("the paper's figure for 64x is that of table IV with online adaptation; ours are without")
    if not full.startswith("feco/"):
        notes.append(f"the paper's figures are of ECO, ours of {tracker}")
    chosen = [ratio for ratio in RATIOS if ratios is None or ratio in ratios]
    return PaperTable(
        "table3",
        "Table III: success AUC (%), model size and speed by compression ratio",
        tuple(PaperRow(name, full, name, figures) for name, figures in TABLE3.items()),
        _show_ratios,
        variants=(BASELINE, *(Variant(ratio, loss="both", ratio=int(ratio)) for ratio in chosen)),
        notes=tuple(notes),
    )


def _show_ratios(found: Measurements) -> str:
    lines = []
    for name, paper in TABLE3.items():
        ours = found.first(name)
        printed = (show(paper.auc), f"{paper.megabytes:g}", show(paper.fps, 0))
        here = (show(ours.auc), show(ours.megabytes, 2), show(ours.result.fps), gap(ours.auc, paper.auc))
        lines.append((paper.label, *printed, *here))
    return format_table(BY_RATIO, lines)


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


BY_LAYER = ("paper: OTB-2015", "AUC", "to base", "frames/s", "ours: AUC", "to base", "frames/s", "AUC - paper's")


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
    return PaperTable("table5", title, tuple(rows), _show_layers, variants=(BASELINE, STUDENT), notes=notes)


def _show_layers(found: Measurements) -> str:
    lines = []
    for network, layers in TABLE5.items():
        for layer, paper in layers.items():
            ours, base = found.first(f"{network}/{layer}"), found.first(f"{BASELINE.name}/{layer}")
            printed = (show(paper.auc), gap(paper.auc, TABLE5[BASELINE.name][layer].auc), show(paper.fps, 0))
            here = (show(ours.auc), gap(ours.auc, base.auc), show(ours.result.fps), gap(ours.auc, paper.auc))
            lines.append((paper.label, *printed, *here))
    return format_table(BY_LAYER, lines)
