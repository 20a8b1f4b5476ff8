"""Tables VII and VIII: success AUC by attribute of OTB-2015."""

from collections.abc import Mapping, Sequence

from cfvgg_plugin.evaluation.attributes import ORDER, attribute_means
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.reproduce.exhibit import Exhibit
from cfvgg_plugin.reproduce.field import Entry, Field
from cfvgg_plugin.reproduce.paper import PAIRS, TABLE7, TABLE8
from cfvgg_plugin.reproduce.sheet import Values, block, other_rows, per_cent

HEADER = ("success AUC (%)", *ORDER, "overall")
DIGITS = (1,) * (len(ORDER) + 1)


def table7() -> Exhibit:
    """Real-time trackers by attribute."""
    title = "Table VII: success AUC (%) of real-time trackers by attribute"
    return Exhibit("table7", title, tuple(TABLE7), lambda field: attribute_sheet(field, TABLE7), paper=TABLE7)


def table8() -> Exhibit:
    """Compressed trackers and their originals by attribute."""
    title = "Table VIII: success AUC (%) by attribute: compressed trackers and their originals"
    return Exhibit("table8", title, tuple(TABLE8), lambda field: attribute_sheet(field, TABLE8, PAIRS), paper=TABLE8)


def attribute_sheet(field: Field | None, printed: Mapping[str, Values], pairs: Sequence[tuple[str, str]] = ()) -> str:
    """Lines of every tracker, then of the differences between the trackers of each pair."""
    lines: list[tuple[str, ...]] = []
    if field is not None and field.entries:
        counts = {name: count for name, (_, count) in attribute_means(field.entries[0].result).items()}
        lines.append((f"sequences here, of {field.scored}", *(str(counts.get(a, 0)) for a in ORDER), str(field.scored)))
    for row in [*printed, *(other_rows(field, list(printed)) if field is not None else [])]:
        entries = field.of(row) if field is not None else []
        lines += block(row, printed.get(row), [(e.label, attribute_values(e.result)) for e in entries], DIGITS)
    for small, big in pairs:
        here = _differences(field.of(small), field.of(big)) if field is not None else []
        lines += block(f"{small} - {big}", _minus(printed[small], printed[big]), here, DIGITS)
    return format_table(HEADER, lines)


def attribute_values(result: TrackerResult) -> list[float | None]:
    """AUC in per cent of every attribute of OTB and overall; None where no sequence has the attribute."""
    means = attribute_means(result)
    return [100 * means[name][0] if name in means else None for name in ORDER] + [per_cent(result)]


def _differences(small: Sequence[Entry], big: Sequence[Entry]) -> list[tuple[str, Values]]:
    """Every compressed tracker less every original, on the same sequences."""
    return [
        (f"{a.label} - {b.label}", _minus(attribute_values(a.result), attribute_values(b.result)))
        for a in small for b in big
    ]  # fmt: skip


def _minus(first: Values, second: Values) -> list[float | None]:
    return [a - b if a is not None and b is not None else None for a, b in zip(first, second, strict=True)]
