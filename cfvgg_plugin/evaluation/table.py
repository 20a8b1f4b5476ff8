"""Scores as text for the terminal."""

from collections.abc import Iterable, Sequence

from cfvgg_plugin.evaluation.results import Measure, TrackerResult


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned by spaces: the first to the left, the others to the right; a rule under the header."""
    lines = [list(header), *[list(row) for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    text = [
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    ]
    return "\n".join(line.rstrip() for line in [text[0], "-" * len(text[0]), *text[1:]])


def number(value: float | None, digits: int = 4) -> str:
    """A figure, or nothing."""
    return f"{value:.{digits}f}" if value is not None else ""


def sequence_table(result: TrackerResult) -> str:
    """A row a sequence, and their mean; frames/s where they were timed."""
    timed = any(s.fps is not None for s in result.sequences)
    rows: list[tuple[str, ...]] = []
    for s in result.sequences:
        score = s.score
        figures = (score.auc, score.dp20, score.norm_precision) if score else None
        cells = tuple(number(value) for value in figures) if figures else ("failed", "", "")
        rows.append((s.name, *cells, *([number(s.fps, 1)] if timed else [])))
    means = (result.mean("auc"), result.mean("dp20"), result.mean("norm_precision"))
    speed = [number(result.fps, 1)] if timed else []
    rows.append((f"mean of {len(result.scored)}", *map(number, means), *speed))
    table = format_table((result.name, "AUC", "DP20", "norm. prec.", *(["frames/s"] if timed else [])), rows)
    roc = result.separation
    return table + (f"\nscore against overlap above 0.3: area under ROC {roc:.3f}" if roc is not None else "")


def summary_table(results: Sequence[TrackerResult]) -> str:
    """A row a tracker, the best AUC first, on the sequences that all have a score of."""
    names = common(results)
    rows = []
    for result in ranked(results, names):
        means = (result.mean("auc"), result.mean("dp20"), result.mean("norm_precision"), result.separation)
        rows.append((result.name, *map(number, means), number(result.fps, 1)))
    table = format_table((f"mean of {len(names)}", "AUC", "DP20", "norm. prec.", "score ROC", "frames/s"), rows)
    if any(len(result.scored) > len(names) for result in results):
        table += "\nonly the sequences that every tracker has a score of"
    return table


def ranked(results: Sequence[TrackerResult], names: Iterable[str], measure: Measure = "auc") -> list[TrackerResult]:
    """The trackers on some sequences only, the best first."""
    chosen = set(names)
    return sorted((r.only(chosen) for r in results), key=lambda r: -(r.mean(measure) or 0))


def common(results: Sequence[TrackerResult]) -> list[str]:
    """Names of the sequences that every tracker has a score of, in order."""
    scored = [{s.name for s, _ in result.scored} for result in results]
    return [s.name for s in results[0].sequences if all(s.name in names for names in scored)] if results else []
