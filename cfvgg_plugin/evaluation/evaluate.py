"""Trackers over sequences: what is done already is kept, the rest is shared out, all of it is scored and shown."""

from collections import abc
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from tqdm import tqdm

from cfvgg_plugin.datasets.sequence import Dataset, Sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.pool import Plan, attempted, share_out
from cfvgg_plugin.evaluation.raw import read_results
from cfvgg_plugin.evaluation.results import SequenceResult, TrackerResult, failed, of_runs, score_run
from cfvgg_plugin.evaluation.run import (
    OPE,
    LoadedTracker,
    Protocol,
    SequenceRun,
    check_start,
    load_tracker,
    run_guided,
    run_sequence,
    with_network,
)
from cfvgg_plugin.evaluation.store import load_run, open_dataset_folder, open_folder, save_run
from cfvgg_plugin.evaluation.table import Report, coverage, show, stretched, write_scores
from cfvgg_plugin.system.files import JSON, check_writable
from cfvgg_plugin.system.interrupts import check
from cfvgg_plugin.system.machine import set_threads


@dataclass(frozen=True, eq=False)
class Task:
    """A tracker on a sequence or a run of one, as any process can do it."""

    number: int
    """Of the tracker, for whoever gave the task."""
    tracker: LoadedTracker
    """Less its network."""
    sequence: Sequence
    threads: int
    guided: bool = False


Outcome = SequenceRun | str
"""A run, or the reason why there is none."""


def execute(task: Task) -> Outcome:
    """Do a task in a process of its own; the network is loaded once a process."""
    set_threads(task.threads)
    try:
        tracker = with_network(task.tracker)
    except InputError as error:
        return str(error)
    return attempt(tracker, task.sequence, task.guided)


def attempt(tracker: LoadedTracker, sequence: Sequence, guided: bool = False) -> Outcome:
    """Run a tracker; whatever goes wrong costs this sequence, not the hours before it."""

    def run() -> Outcome:
        return (run_guided if guided else run_sequence)(tracker, sequence)

    return attempted(run, str)


def evaluate(
    trackers: abc.Sequence[LoadedTracker | str],
    sequences: abc.Sequence[Sequence],
    results: str | Path | None = None,
    plan: Plan = Plan(),  # noqa: B008 (frozen)
    progress: Callable[[int], Any] = lambda frames: None,
    protocol: Protocol = OPE,
) -> list[TrackerResult]:
    """Run and score trackers; with `results`, a folder, what it holds already is not run again, and new runs are kept.

    trackers: by name, or of other weights and settings by `load_tracker`. sequences: of `load_dataset`. Each result
    has `summary()`, and its `sequences`. A single worker runs in this process and leaves it with the plan's threads.
    `progress` is told the frames of every run when it is done. Raises InputError where results cannot be written, for a
    tracker that cannot be had, and for a sequence that the protocol does not suit.
    """
    loaded = [load_tracker(tracker) if isinstance(tracker, str) else tracker for tracker in trackers]
    results = Path(results) if results is not None else None
    runs = {sequence.name: protocol.runs(sequence) for sequence in sequences}
    folders = [open_folder(results, tracker, plan.threads) if results is not None else None for tracker in loaded]
    scored: dict[tuple[int, str], SequenceResult] = {}
    tasks = []
    for number, (tracker, folder) in enumerate(zip(loaded, folders, strict=True)):
        for part in chain.from_iterable(runs.values()):
            run = load_run(folder, part) if folder is not None else None
            if run is None or (plan.timing and run.seconds is None):
                tasks.append(Task(number, replace(tracker, backbone=None), part, plan.threads, protocol.guided))
                continue
            scored[number, part.name] = score_run(part, run)
            progress(len(part.frames))
    tasks.sort(key=lambda task: -len(task.sequence.frames))  # the longest first: no worker is left with one at the end

    def here(task: Task) -> Outcome:
        return attempt(loaded[task.number], task.sequence, task.guided)

    with closing(share_out(tasks, plan, execute, str, here)) as outcomes:
        for task, outcome in outcomes:
            scored[task.number, task.sequence.name] = _keep(folders[task.number], task.sequence, outcome, plan)
            progress(len(task.sequence.frames))
            check()
    return [
        TrackerResult(
            tracker.label or tracker.name,
            tuple(of_runs(s, [scored[number, run.name] for run in runs[s.name]]) for s in sequences),
            protocol,
        )
        for number, tracker in enumerate(loaded)
    ]


def _keep(folder: Path | None, sequence: Sequence, outcome: Outcome, plan: Plan) -> SequenceResult:
    """Write a run and score what was written, so that a resumed evaluation has the same scores."""
    if isinstance(outcome, str):
        return failed(sequence, outcome)
    run = replace(outcome, seconds=outcome.seconds if plan.timing else None)
    if folder is not None:
        save_run(folder, sequence, run)
        run = load_run(folder, sequence) or run
    return score_run(sequence, run)


def run_evaluation(
    datasets: abc.Sequence[Dataset],
    trackers: abc.Sequence[LoadedTracker],
    results: Path,
    plan: Plan,
    json_file: Path | None,
    protocol: Protocol = OPE,
) -> Report:
    """Evaluate trackers on datasets by a protocol; what `results` holds already is not run again.

    Raises InputError before anything runs for files and folders that cannot be written, for trackers that cannot be
    run, and for datasets that the protocol does not suit.
    """
    frames = sum(len(run.frames) for d in datasets for sequence in d.sequences for run in protocol.runs(sequence))
    check_writable(json_file, JSON)
    for tracker in trackers:
        check_start(tracker, protocol.guided)
    folders = {dataset.name: open_dataset_folder(results, dataset, protocol) for dataset in datasets}
    done: dict[str, list[TrackerResult]] = {}
    with tqdm(total=frames * len(trackers), unit="frame", disable=None, smoothing=0.05) as progress:
        for dataset in datasets:
            progress.set_description(dataset.title)
            folder = folders[dataset.name]
            done[dataset.name] = evaluate(trackers, dataset.sequences, folder, plan, progress.update, protocol)
    if json_file is not None:
        write_scores(json_file, done)
    text = [f"{coverage(dataset, protocol)}{stretched(dataset)}\n\n{show(done[dataset.name])}" for dataset in datasets]
    failures = [line for found in done.values() for result in found for line in result.failures]
    return Report("\n\n\n".join(text), failures)


def score_folder(
    folder: Path, dataset: Dataset, protocol: Protocol, first_pixel: int, json_file: Path | None
) -> Report:
    """Score raw results, ours or other people's. Raises InputError for a folder that holds none of this dataset."""
    check_writable(json_file, JSON)
    found = read_results(folder, dataset.sequences, first_pixel, protocol=protocol)
    if json_file is not None:
        write_scores(json_file, {dataset.name: found.trackers})
    text = f"{coverage(dataset, protocol)}\n\n{show(found.trackers)}"
    return Report(text, found.skipped)
