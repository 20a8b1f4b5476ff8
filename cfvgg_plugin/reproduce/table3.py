"""Table III: accuracy, size and speed by compression ratio."""

from collections.abc import Sequence

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.registry import load_settings, split_name
from cfvgg_plugin.reproduce.paper import TABLE3
from cfvgg_plugin.reproduce.sheet import gap, show
from cfvgg_plugin.reproduce.table import BASELINE, Measurements, PaperRow, PaperTable, Variant

RATIOS = tuple(name for name in TABLE3 if name != BASELINE.name)
HEADER = ("paper: OTB-2015", "AUC", "MB", "frames/s", "ours: AUC", "MB", "frames/s", "AUC - paper's")


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
        _show,
        variants=(BASELINE, *(Variant(ratio, loss="both", ratio=int(ratio)) for ratio in chosen)),
        notes=tuple(notes),
    )


def _show(found: Measurements) -> str:
    lines = []
    for name, paper in TABLE3.items():
        ours = found.first(name)
        printed = (show(paper.auc), f"{paper.megabytes:g}", show(paper.fps, 0))
        here = (show(ours.auc), show(ours.megabytes, 2), show(ours.result.fps), gap(ours.auc, paper.auc))
        lines.append((paper.label, *printed, *here))
    return format_table(HEADER, lines)
