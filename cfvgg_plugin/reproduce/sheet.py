"""Lines of a table: what the paper prints of a tracker, what was measured here, and the difference."""

from collections.abc import Mapping, Sequence

from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.reproduce.field import Field
from cfvgg_plugin.reproduce.tables import gap, show

Values = Sequence[float | None]
"""A figure a column; None where there is none."""


def block(
    row: str, printed: Values | None, here: Sequence[tuple[str, Values]], digits: Sequence[int]
) -> list[tuple[str, ...]]:
    """The lines of one tracker.

    printed: the paper's figures; None where it has none. here: where figures of ours come from, and the figures.
    digits: decimals of every column.
    """
    if printed is None:
        return [(source, *_cells(values, digits)) for source, values in here]
    lines = [(f"{row}: paper", *_cells(printed, digits))]
    for source, values in here:
        gaps = (gap(value, reference, d) for value, reference, d in zip(values, printed, digits, strict=True))
        lines += [(f"  {source}", *_cells(values, digits)), ("    - paper's", *gaps)]
    return lines


def _cells(values: Values, digits: Sequence[int]) -> list[str]:
    return [show(value, d) for value, d in zip(values, digits, strict=True)]


def per_cent(result: TrackerResult) -> float | None:
    """Success AUC in per cent, as the paper gives it."""
    auc = result.mean("auc")
    return 100 * auc if auc is not None else None


def other_rows(field: Field, rows: Sequence[str]) -> list[str]:
    """Trackers at hand that are none of `rows`, the best first."""
    others = [entry for entry in field.entries if entry.row not in rows]
    return list(dict.fromkeys(e.row for e in sorted(others, key=lambda e: -(per_cent(e.result) or 0))))


def auc_table(
    field: Field | None, rows: Sequence[str], printed: Mapping[str, float], speeds: Mapping[str, float] | None = None
) -> str:
    """A line a tracker: AUC in the paper and here, the difference, DP at 20 pixels; with `speeds`, frames/s of both.

    printed, speeds: the paper's AUC in per cent and frames/s by row.
    """
    header = ("tracker", "paper: AUC", "here: AUC", "- paper's", "DP20")
    lines = []
    for row in [*rows, *(other_rows(field, rows) if field is not None else [])]:
        paper = printed.get(row)
        speed = speeds.get(row) if speeds is not None else None
        entries = field.of(row) if field is not None else []
        if not entries:
            lines.append((row, show(paper), "-", "-", "-", f"{speed:g}" if speed else "-", "-"))
        for entry in entries:
            auc, dp20 = per_cent(entry.result), entry.result.mean("dp20")
            label = entry.label if entry.label.startswith(row) else f"{row}: {entry.label}"
            figures = (show(auc), gap(auc, paper), show(100 * dp20 if dp20 is not None else None))
            lines.append((label, show(paper), *figures, f"{speed:g}" if speed else "-", show(entry.result.fps)))
    if speeds is not None:
        return format_table((*header, "paper: frames/s", "here"), lines)
    return format_table(header, [line[:5] for line in lines])
