"""Precision, recall and F of a workspace's long-term results as `cfvgg evaluate --protocol long_term` computes them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.layouts import read_regions
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.score import LongTerm, LongTermRun, score_long_term
from cfvgg_plugin.integration.vot.config import read_config
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


def _read_run(results: Path, truth: Path) -> LongTermRun | None:
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
    return LongTermRun(confidence[1:], overlap[1:], absent[1:], np.zeros(len(absent) - 1, np.bool_))


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
