"""Runs trackers in an experiment of got10k and reports as got10k does."""

import contextlib
import copy
import io
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from cfvgg_plugin.datasets.benchmarks import unequal
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.raw import Choice
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.integration.got10k.experiments import KINDS, open_experiment, subset, unmarked
from cfvgg_plugin.integration.got10k.tracker import GOT10kTracker
from cfvgg_plugin.system.files import make_folder
from cfvgg_plugin.video.frames import stretch_note

_COLUMNS = {
    "success_score": "AUC",
    "precision_score": "DP20",
    "ao": "AO",
    "sr": "SR0.5",
    "accuracy": "accuracy",
    "robustness": "robustness",
    "speed_fps": "frames/s",
}
"""got10k's names of its scores, and the field's; got10k's robustness is the mean number of failures a tag."""


def run(
    dataset: str, root: Path, chosen: Iterable[Choice], sequences: list[str] | None, out: Path,
    say: Callable[[str], None],
) -> tuple[str, list[str]]:  # fmt: skip
    """Run what has no result yet, then report the sequences that every tracker has a result of.

    dataset: one of KINDS. sequences: None for all below the root. out: folder for results and reports. say: called with
    a line of progress. Returns the table of scores, and a line for every sequence that failed.
    Raises InputError, before anything is written, for names, folders and weights that cannot be used.
    """
    first_pixel = KINDS[dataset].first_pixel
    trackers = [GOT10kTracker(c.name, weights=c.weights, first_pixel=first_pixel) for c in chosen]
    experiment, missing = open_experiment(dataset, root, out)
    names = sequences or list(experiment.dataset.seq_names)
    experiment.dataset = subset(experiment.dataset, names)
    make_folder(out)
    if missing and sequences is None:
        say(f"{missing} sequences of {dataset} are not in {root}: the scores are of the other {len(names)}")
    failures: dict[str, list[str]] = {}
    for tracker in trackers:
        for number, name in enumerate(names, 1):
            try:
                done, note = _run_sequence(experiment, tracker, name)
                if note and tracker is trackers[0]:
                    say(note)
            except (InputError, OSError, AssertionError, ValueError) as error:
                done, reason = "failed", str(error) or f"got10k cannot run it ({type(error).__name__})"
                failures.setdefault(name, []).append(f"{tracker.name} on {name}: {reason}")
            say(f"{tracker.name}: {number}/{len(names)} {name} {done}")
    lines = [line for found in failures.values() for line in found]
    scored = [name for name in names if name not in failures]
    if not scored:
        return "no sequence was tracked by all trackers, so there is no report", lines
    experiment.dataset = subset(experiment.dataset, scored)
    return _report(experiment, [tracker.name for tracker in trackers]), lines


def _run_sequence(experiment: Any, tracker: GOT10kTracker, name: str) -> tuple[str, str]:
    """Let got10k run one sequence, unless it has its result.

    Returns "done" or "kept", and how its images were changed, if they were.
    """
    one = copy.copy(experiment)
    one.dataset = subset(experiment.dataset, [name])
    said = io.StringIO()
    with contextlib.redirect_stdout(said), unmarked(one.dataset, 0):
        first = _check(one.dataset)
        one.run(tracker)
    return ("kept", "") if "Found results" in said.getvalue() else ("done", stretch_note(first))


def _check(dataset: Any) -> Path:
    """The first image of a dataset of one sequence.

    Raises InputError for what got10k asserts without a word, or stumbles over.
    """
    try:
        images, boxes = dataset[0][:2]
    except AssertionError:
        raise InputError(unequal(Path(dataset.seq_dirs[0]), Path(dataset.anno_files[0]))) from None
    if not images or (len(images) != len(boxes) and len(boxes) != 1):  # GOT-10k's test set has the first box alone
        raise InputError(unequal(Path(dataset.seq_dirs[0]), Path(dataset.anno_files[0])))
    if absent := [file for file in images if not Path(file).is_file()]:
        raise InputError(f"{absent[0]}: does not exist")
    if boxes.shape[1] == 8 and not np.isfinite(boxes).all():
        line = int(np.flatnonzero(~np.isfinite(boxes).all(axis=1))[0]) + 1
        raise InputError(f"{dataset.anno_files[0]}: line {line} holds a polygon with NaN")
    return Path(images[0])


def _report(experiment: Any, names: list[str]) -> str:
    """got10k's report, and its scores as a table; for GOT-10k's test set the files to submit."""
    where = Path.cwd()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            performance = experiment.report(names)
    finally:
        os.chdir(where)  # where packing results for submission was interrupted
        plt.close("all")
    if performance is None:
        files = ", ".join(str(Path(experiment.result_dir, f"{name}.zip")) for name in names)
        return f"the boxes of this set are withheld: submit {files}"
    scores = {name: performance[name].get("overall", performance[name]) for name in names}
    columns = [key for key in _COLUMNS if key in scores[names[0]]]
    rows = [(name, *(f"{scores[name][key]:.{1 if key == 'speed_fps' else 4}f}" for key in columns)) for name in names]
    header = (f"mean of {len(experiment.dataset)}", *(_COLUMNS[key] for key in columns))
    return f"{format_table(header, rows)}\nreport: {Path(experiment.report_dir, names[0], 'performance.json')}"
