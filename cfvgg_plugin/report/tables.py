"""The report's tables, as texts with the values that they are sorted by."""

from collections import abc
from dataclasses import dataclass, field, replace
from itertools import combinations

from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.compare import Comparison, compare
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.table import attribute_means, number


@dataclass(frozen=True)
class Cell:
    """One figure or name."""

    text: str
    value: float | str | None = None
    """What it is sorted by; None goes last."""
    tracker: str = ""
    """The tracker whose colour stands beside it."""
    mark: str = ""
    """"best" or "second" of those it is compared with; "missing" where there is no figure."""
    note: str = ""
    """More, for who points at it."""


@dataclass(frozen=True)
class Table:
    """A table that can be sorted by any column; the footer stays where it is."""

    header: list[str]
    rows: list[list[Cell]]
    footer: list[Cell] = field(default_factory=list)


def summary(results: abc.Sequence[TrackerResult], everything: abc.Sequence[TrackerResult]) -> Table:
    """A row a tracker: means of `results`, on the sequences they share; last how many are scored of how many."""
    told = any(result.calibration for result in results)
    header = ["tracker", "AUC", "DP20", "norm. prec.", "score ROC", *(["ECE"] if told else []), "frames/s", "scored"]
    known = {result.name: result for result in results}
    rows = []
    for whole in everything:
        result = known.get(whole.name)
        means = (result.mean("auc"), result.mean("dp20"), result.mean("norm_precision")) if result else (None,) * 3
        speed = result.fps if result else None
        cells = [_figure(value) for value in (*means, result.separation if result else None)]
        scored = Cell(f"{len(whole.scored)} of {len(whole.sequences)}", len(whole.scored))
        error = found.error.value if result and (found := result.calibration) else None
        rows.append([_name(whole.name), *cells, *([_figure(error)] if told else []), _figure(speed, 1), scored])
    rows.sort(key=lambda row: -float(row[1].value if row[1].value is not None else -1))
    highest_best = [column for column, name in enumerate(header[:-1]) if column and name != "ECE"]
    return Table(header, _marked(rows, highest_best))


def calibration(results: abc.Sequence[TrackerResult]) -> Table | None:
    """A row for every tracker that states scores, with 95 % intervals; None where none does."""
    header = ["tracker", "frames", "wrong", "ECE", "ROC", "wrong flagged", "right flagged", "wrong at 5 %"]
    rows = [
        [_name(result.name), Cell(f"{found.frames:,}", found.frames), Cell(f"{found.wrong:,}", found.wrong),
         *(Cell(figure.text(percent=name not in ("ece", "roc")), figure.value)
           for name, figure in found.figures.items())]
        for result in results if (found := result.calibration) is not None
    ]  # fmt: skip
    return Table(header, rows) if rows else None


def by_attribute(results: abc.Sequence[TrackerResult]) -> Table | None:
    """A column an attribute, with its number of sequences; None where no sequence has one."""
    means = [attribute_means(result) for result in results]
    if not means or not means[0]:
        return None
    header = ["tracker", *(f"{name} ({count})" for name, (_, count) in means[0].items())]
    header.append(f"overall ({len(results[0].scored)})")
    rows = [
        [_name(result.name), *(_figure(row[name][0] if name in row else None) for name in means[0]),
         _figure(result.mean("auc"))]
        for result, row in zip(results, means, strict=True)
    ]  # fmt: skip
    return Table(header, _marked(rows, range(1, len(header))))


def by_sequence(sequences: abc.Sequence[Sequence], results: abc.Sequence[TrackerResult]) -> Table:
    """AUC of every tracker on every sequence; the other measures as notes; the trackers' own means in the footer."""
    found = [{s.name: s for s in result.sequences} for result in results]
    rows = []
    for sequence in sequences:
        row = [
            Cell(sequence.name, sequence.name.casefold()),
            Cell(f"{len(sequence.frames):,}", len(sequence.frames)),
            Cell(" ".join(sequence.attributes), " ".join(sequence.attributes) or None),
        ]
        for tracker in found:
            result = tracker.get(sequence.name)
            score = result.score if result else None
            if score is None:
                row.append(Cell("not scored", mark="missing", note=result.failure if result else "no result"))
                continue
            note = f"DP20 {score.dp20:.4f}, norm. prec. {score.norm_precision:.4f}"
            row.append(replace(_figure(score.auc), note=note))
        rows.append([*row[:3], *_rank(row[3:])])
    means = [_figure(result.mean("auc")) for result in results]
    frames = sum(len(s.frames) for s in sequences)
    footer = [Cell("mean of the scored"), Cell(f"{frames:,}"), Cell(""), *means]
    return Table(["sequence", "frames", "attributes", *(result.name for result in results)], rows, footer)


def comparisons(results: abc.Sequence[TrackerResult]) -> Table:
    """Every pair of trackers by paired bootstrap; the one with the higher AUC on their sequences first."""
    header = ["tracker", "against", "AUC difference", "95 % from", "to", "wins", "losses", "ties", "verdict"]
    rows = []
    for one, other in combinations(results, 2):
        found = _compare(one, other)
        if found is None:
            continue
        wins = [Cell(str(count), count) for count in found.wins]
        ends = [Cell("" if v is None else f"{v:+.4f}", v) for v in (found.mean, found.low, found.high)]
        smallest = "" if found.smallest is None else f"the smallest difference to be seen: {found.smallest:.4f}"
        note = "; ".join(filter(None, (smallest, f"left out: {', '.join(found.left_out)}" if found.left_out else "")))
        rows.append(
            [_name(found.first), _name(found.second), *ends, *wins, Cell(found.verdict, found.verdict, note=note)]
        )
    return Table(header, rows)


def _compare(one: TrackerResult, other: TrackerResult) -> Comparison | None:
    try:
        found = compare(one, other)
        return found if found.mean >= 0 else compare(other, one)
    except InputError:  # no sequence that both have a score of
        return None


def _name(tracker: str) -> Cell:
    return Cell(tracker, tracker.casefold(), tracker)


def _figure(value: float | None, digits: int = 4) -> Cell:
    return Cell(number(value, digits), value)


def _marked(rows: list[list[Cell]], columns: abc.Sequence[int]) -> list[list[Cell]]:
    """The same with the highest two of every column marked, as the paper's tables do."""
    rows = [list(row) for row in rows]
    for column in columns:
        for row, cell in zip(rows, _rank([row[column] for row in rows]), strict=True):
            row[column] = cell
    return rows


def _rank(cells: list[Cell]) -> list[Cell]:
    """Cells with the highest two values marked by how they read; none is where all read the same."""
    shown = sorted({float(cell.text) for cell in cells if isinstance(cell.value, float)}, reverse=True)
    marks = dict(zip(shown[:-1], ("best", "second"), strict=False))  # the lowest of them all is neither
    return [
        replace(cell, mark=marks.get(float(cell.text), "")) if isinstance(cell.value, float) else cell for cell in cells
    ]
