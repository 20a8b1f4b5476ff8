"""EAO, accuracy and robustness of the toolkit's analysis beside the paper's table VI; F of long-term ones and ours.

Ours: precision, recall and F of a workspace's long-term results as `cfvgg evaluate --protocol long_term` has them.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.layouts import read_regions
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.score import KnownFrames, LongTerm, score_long_term
from cfvgg_plugin.integration.vot.manifest import tracker_of
from cfvgg_plugin.integration.vot.workspace import Analysis, check_workspace, read_config
from cfvgg_plugin.reproduce.paper import TABLE6, VOT_SEQUENCES
from cfvgg_plugin.system.documents import convert, read_json
from cfvgg_plugin.system.extras import import_extra
from cfvgg_plugin.system.files import read_lines


def score_results(workspace: Path, experiment: str, tracker: str, sequences: Iterable[str]) -> LongTerm | None:
    """The figures of a tracker's results of an unsupervised experiment; None where they are not all there.

    Raises InputError for damaged results, and where the toolkit, which reads them, is not installed.
    """
    folder = workspace / read_config(workspace).sequences
    runs = []
    for name in sequences:
        run = _read_run(workspace / "results" / tracker / experiment / name, folder / name / "groundtruth.txt")
        if run is None:
            return None
        runs.append(run)
    return score_long_term(runs) if runs else None


def _read_run(results: Path, truth: Path) -> KnownFrames | None:
    """The first run in a sequence, as the toolkit stores it: its frames after the first, on which the tracker began."""
    stem = f"{results.name}_001"
    files = [results / f"{stem}{ending}" for ending in (".bin", ".txt") if (results / f"{stem}{ending}").is_file()]
    if not files or not truth.is_file():
        return None
    boxes, wanted = _boxes(files[0]), read_regions(truth)
    said = read_lines(results / f"{stem}_confidence.value", "confidences")
    try:
        confidence = np.array([float(line) if line.strip() else 0.0 for line in said])
    except ValueError:
        raise InputError(f"{results / stem}_confidence.value: numbers are expected, one a line") from None
    if not len(boxes) == len(wanted) == len(confidence):
        frames = f"{len(boxes)} boxes, {len(confidence)} confidences and {len(wanted)} lines of ground truth"
        raise InputError(f"{results}: {frames}; run 'vot evaluate --force' again")
    absent = np.asarray(np.isnan(wanted).any(axis=1))
    overlap = np.where(absent, 0, overlaps(boxes, wanted))
    return KnownFrames(confidence[1:], overlap[1:], absent[1:], np.zeros(len(absent) - 1))


def _boxes(file: Path) -> NDArray[np.float64]:
    """(N, 4) regions of a trajectory; NaN for codes, as of the first frame. Raises InputError."""
    reader: Any = import_extra("vot.region.io", "vot", "the toolkit's results need")
    regions: Any = import_extra("vot.region", "vot", "the toolkit's results need")
    try:
        with file.open("rb" if file.suffix == ".bin" else "r") as opened:
            found = reader.read_trajectory(opened)
    except Exception as error:  # the toolkit has no common base of its errors
        raise InputError(f"{file}: is no trajectory of the toolkit ({type(error).__name__})") from None
    boxes = np.full((len(found), 4), np.nan)
    for index, region in enumerate(found):
        if not isinstance(region, regions.Special):
            rectangle = region.convert(regions.RegionType.RECTANGLE)
            boxes[index] = rectangle.x, rectangle.y, rectangle.width, rectangle.height
    return boxes


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
