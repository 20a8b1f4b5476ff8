"""EAO, accuracy and robustness of the toolkit's analysis beside the paper's table VI; F of long-term ones and ours."""

import math
from pathlib import Path
from typing import Any

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.integration.vot.config import Analysis, read_config
from cfvgg_plugin.integration.vot.longterm import score_results
from cfvgg_plugin.integration.vot.manifest import tracker_of
from cfvgg_plugin.integration.vot.workspace import check_workspace
from cfvgg_plugin.reproduce.paper import TABLE6, VOT_SEQUENCES
from cfvgg_plugin.system.documents import convert, read_json

ROWS = {
    "feco/vot": "fECO",
    "feco/hand_crafted_vot": "ECOhc",
    "fdeepstrcf/vot": "fDeepSTRCF",
    "fdeepstrcf/hand_crafted": "STRCF",
    "fdeepstrcf/vgg_m": "DeepSTRCF",
}
"""Our trackers' rows in table VI: EAO of the baseline experiment."""
COLUMNS = ("experiment", "tracker", "EAO", "paper", "accuracy", "robustness", "failures")
LONG_TERM = ("experiment", "tracker", "F", "precision", "recall", "ours: F", "ours: precision", "ours: recall")
"""Of experiments with targets that leave."""
Row = tuple[str, str, dict[str, float | None]]


def scores_table(workspace: Path, name: str | None = None) -> str:
    """The figures of an analysis, the newest by default, as text. Raises InputError where there is none."""
    check_workspace(workspace)
    path = find_analysis(workspace, name)
    content = read_json(path, Analysis, "analysis of the toolkit", nan=True)
    rows = [row for key in content.results for row in experiment_rows(path, content, key)]
    count, trackers = len(content.sequences), content.trackers
    printed = TABLE6.get(read_config(workspace).stack_name, {})
    for experiment, tracker, figures in rows:
        known = printed.get(ROWS.get(tracker_of(str(trackers[tracker].get("command", ""))) or tracker, ""))
        figures["paper"] = known if experiment == "baseline" else None
    lines = [f"{path}: {count} sequence{'s' * (count != 1)}"]
    if restarted := [row for row in rows if "F" not in row[2]]:
        lines += [*_table(COLUMNS, restarted), *_notes(restarted, bool(printed), count)]
    if absent := [row for row in rows if "F" in row[2]]:
        for experiment, tracker, figures in absent:
            if ours := score_results(workspace, experiment, tracker, content.sequences):
                figures.update(zip(LONG_TERM[5:], (ours.f, ours.precision, ours.recall), strict=True))
        lines += [*_table(LONG_TERM, absent), NOTE]
    return "\n".join(lines)


def _table(columns: tuple[str, ...], rows: list[Row]) -> list[str]:
    table = [columns]
    for experiment, tracker, figures in rows:
        table.append((experiment, tracker, *(_shown(figures.get(column), column) for column in columns[2:])))
    widths = [max(len(row[i]) for row in table) for i in range(len(columns))]
    lines = []
    for row in table:
        cells = [cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return lines


def find_analysis(workspace: Path, name: str | None = None) -> Path:
    """The file of an analysis, the newest by default. Raises InputError where there is none."""
    found = sorted((workspace / "analysis").glob("*.json"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise InputError(f"{workspace}: no analysis; run 'vot analysis --workspace {workspace} --name NAME' first")
    if name is None:
        return found[-1]
    chosen = workspace / "analysis" / f"{name}.json"
    if chosen not in found:
        raise InputError(f"{workspace}: no analysis {name}; there are {', '.join(path.stem for path in found)}")
    return chosen


def experiment_rows(path: Path, content: Analysis, experiment: str) -> list[Row]:
    """(experiment, tracker, column -> figure) of one experiment: a list of results an analysis.

    path: of the analysis, for messages. Raises InputError for an experiment that it lacks, and figures that are none.
    """
    part = content.results.get(experiment)
    if part is None or len(part.parameters.analyses) != len(part.results):
        raise InputError(f"{path}: is no analysis of the toolkit (no results of the experiment {experiment})")
    rows = []
    for index, tracker in enumerate(content.trackers):
        figures: dict[str, float | None] = {}
        for analysis, results in zip(part.parameters.analyses, part.results, strict=True):
            kind, result = analysis.type.rpartition(".")[2], results[index] if index < len(results) else None
            columns = ("accuracy", "robustness") if kind == "AverageAccuracyRobustness" else _SINGLE.get(kind, ())
            if result is None or not columns:
                continue
            try:
                values = convert(convert(result, list[Any], nan=True)[: len(columns)], list[float | None], nan=True)
                figures.update(zip(columns, values, strict=True))
            except ValueError as error:
                raise InputError(f"{path}: is no analysis of the toolkit ({kind} of {tracker}: {error})") from None
        rows.append((experiment, tracker, figures))
    return sorted(rows, key=lambda row: row[1])


_SINGLE = {
    "EAOScore": ("EAO",),
    "CumulativeFailureCount": ("failures",),
    "AverageAccuracy": ("accuracy",),
    "PrecisionRecall": ("precision", "recall", "F"),
}
"""Analyses -> the columns of their first figures."""
NOTE = (
    "ours: of the same boxes and confidences, by cfvgg evaluate --protocol long_term: every threshold, not 98, without"
    " the first frame; boxes are not cut at the frame's edge, nor made of whole pixels"
)


def _shown(value: float | None, column: str) -> str:
    return "-" if value is None else f"{value:.0f}" if column == "failures" else f"{value:.3f}"


def _notes(rows: list[Row], printed: bool, count: int) -> list[str]:
    notes = ["robustness: failures in a sequence, weighted by length; failures: in all sequences"]
    if printed:
        note = "" if count == VOT_SEQUENCES else f"; {count} sequences are not comparable with it"
        notes.append(f"paper: table VI, EAO on all {VOT_SEQUENCES} sequences{note}")
    if any((eao := figures.get("EAO")) is not None and math.isnan(eao) for _, _, figures in rows):
        notes.append("EAO nan: no tracked stretch is as long as the stack's `low`; see 'cfvgg vot doctor'")
    return notes
