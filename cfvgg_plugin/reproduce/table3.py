"""Table III: accuracy, size and speed by compression ratio."""

from collections.abc import Mapping, Sequence

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.registry import load_settings, split_name
from cfvgg_plugin.reproduce.benchmarks import OTB2015
from cfvgg_plugin.reproduce.paper import TABLE3
from cfvgg_plugin.reproduce.tables import Measured, Row, Table, gap, show
from cfvgg_plugin.reproduce.variants import BASELINE, Variant

RATIOS = tuple(int(name) for name in TABLE3 if name != BASELINE.name)


def table3(tracker: str = "feco/cf_vgg", ratios: Sequence[str] | None = None) -> Table:
    """The table with `tracker`'s students of `ratios` (None: all of the paper's).

    Raises InputError for a tracker without a network and a ratio that is not in the paper's table.
    """
    full = "/".join(split_name(tracker))
    if not load_settings(full).needs_network:
        raise InputError(f"tracker {tracker}: uses no network, so there is nothing to compress")
    if wrong := [ratio for ratio in ratios or () if ratio not in map(str, RATIOS)]:
        raise InputError(f"--ratios: {wrong[0]!r} is none of the paper's, which are {', '.join(map(str, RATIOS))}")
    chosen = [ratio for ratio in RATIOS if ratios is None or str(ratio) in ratios]
    notes = [
        "MB: ours are the convolutions up to conv5 as float32 (VGG-M: 26 MB), or an ONNX file; what the paper's are, it"
        " does not say",
        f"students of all widths ran as {full}",
    ]
    if not full.endswith("/adaptive"):
        notes.append("the paper's figure for 64x is that of table IV with online adaptation; ours are without")
    if split_name(tracker)[0] != "feco":
        notes.append(f"the paper's figures are of ECO, ours of {tracker}")
    return Table(
        "table3",
        "Table III: success AUC (%), model size and speed by compression ratio",
        (BASELINE, *(Variant(str(ratio), loss="both", ratio=ratio) for ratio in chosen)),
        tuple(Row(name, figures, full, name) for name, figures in TABLE3.items()),
        _render,
        tuple(notes),
    )


def _render(rows: Sequence[Row], found: Mapping[str, Mapping[str, Measured]]) -> str:
    header = ("paper: OTB-2015", "AUC", "MB", "frames/s", "ours: AUC", "MB", "frames/s", "AUC - paper's")
    lines, measured = [], found[OTB2015]
    for row in rows:
        paper, ours = row.paper, measured.get(row.key)
        size = f"{paper.megabytes:g}" if paper.megabytes is not None else "-"
        theirs = (paper.label, show(paper.auc), size, show(paper.fps, 0))
        figures = (show(ours.auc), show(ours.megabytes, 2), show(ours.fps)) if ours else ("-", "-", "-")
        lines.append((*theirs, *figures, gap(ours.auc if ours else None, paper.auc)))
    return format_table(header, lines)
