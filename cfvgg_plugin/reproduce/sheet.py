"""Lines of a table: what the paper prints, what was measured here, and the difference."""

from collections.abc import Mapping, Sequence

from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.table import ORDER, attribute_means, format_table
from cfvgg_plugin.reproduce.table import Measurements

Values = Sequence[float | None]
"""A figure a column; None where there is none."""


def show(value: float | None, digits: int = 1) -> str:
    """A figure, or a dash."""
    return f"{value:.{digits}f}" if value is not None else "-"


def gap(value: float | None, reference: float | None, digits: int = 1) -> str:
    """A difference with its sign, or a dash."""
    return f"{value - reference:+.{digits}f}" if value is not None and reference is not None else "-"


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


def _all_rows(found: Measurements, rows: Sequence[str]) -> list[str]:
    """Those rows, then the trackers at hand that are none of them, the best first."""
    others = sorted((m for m in found.trackers if m.row not in rows), key=lambda m: -(m.auc or 0))
    return list(dict.fromkeys([*rows, *(m.row for m in others)]))


def auc_table(
    found: Measurements, rows: Sequence[str], printed: Mapping[str, float], speeds: Mapping[str, float] | None = None
) -> str:
    """A line a tracker: AUC in the paper and here, the difference, DP at 20 pixels; with `speeds`, frames/s of both.

    printed, speeds: the paper's AUC in per cent and frames/s by row.
    """
    header = ("tracker", "paper: AUC", "here: AUC", "- paper's", "DP20", "paper: frames/s", "here")
    lines = []
    for row in _all_rows(found, rows):
        paper, speed = printed.get(row), f"{(speeds or {})[row]:g}" if row in (speeds or {}) else "-"
        if not found.of(row):
            lines.append((row, show(paper), "-", "-", "-", speed, "-"))
        for m in found.of(row):
            dp20 = m.result.mean("dp20")
            label = m.label if m.label.startswith(row) else f"{row}: {m.label}"
            ours = (show(m.auc), gap(m.auc, paper), show(100 * dp20 if dp20 is not None else None))
            lines.append((label, show(paper), *ours, speed, show(m.result.fps)))
    width = 5 if speeds is None else 7
    return format_table(header[:width], [line[:width] for line in lines])


def attribute_table(found: Measurements, printed: Mapping[str, Values], pairs: Sequence[tuple[str, str]] = ()) -> str:
    """AUC by attribute of OTB: lines of every tracker, then of the differences between the trackers of each pair."""
    digits, lines = (1,) * (len(ORDER) + 1), []
    if found.trackers:
        counts = {name: count for name, (_, count) in attribute_means(found.results[0]).items()}
        lines.append((f"sequences here, of {found.scored}", *(str(counts.get(a, 0)) for a in ORDER), str(found.scored)))
    for row in _all_rows(found, list(printed)):
        lines += block(row, printed.get(row), [(m.label, by_attribute(m.result)) for m in found.of(row)], digits)
    for small, big in pairs:
        here = [
            (f"{a.label} - {b.label}", _minus(by_attribute(a.result), by_attribute(b.result)))
            for a in found.of(small) for b in found.of(big)
        ]  # fmt: skip
        lines += block(f"{small} - {big}", _minus(printed[small], printed[big]), here, digits)
    return format_table(("success AUC (%)", *ORDER, "overall"), lines)


def by_attribute(result: TrackerResult) -> list[float | None]:
    """AUC in per cent of every attribute of OTB and overall; None where no sequence has the attribute."""
    means = attribute_means(result)
    values = [*(means[name][0] if name in means else None for name in ORDER), result.mean("auc")]
    return [100 * value if value is not None else None for value in values]


def _minus(first: Values, second: Values) -> list[float | None]:
    return [a - b if a is not None and b is not None else None for a, b in zip(first, second, strict=True)]
