"""Trackers over sequences: what is done already is kept, the rest is shared out, all of it is scored."""

from collections import abc
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.pool import run_in_processes
from cfvgg_plugin.evaluation.protocols import OPE, Protocol
from cfvgg_plugin.evaluation.ray import run_on_ray
from cfvgg_plugin.evaluation.results import SequenceResult, TrackerResult, failed, of_runs, score_run
from cfvgg_plugin.evaluation.run import LoadedTracker, load_tracker
from cfvgg_plugin.evaluation.store import load_run, open_folder, save_run
from cfvgg_plugin.evaluation.tasks import Task, TaskResult, Threaded, attempt, execute, make_task, no_run
from cfvgg_plugin.interrupts import check
from cfvgg_plugin.threads import set_threads

T = TypeVar("T", bound=Threaded)
R = TypeVar("R")

Engine = Literal["local", "ray"]
ENGINES: tuple[Engine, ...] = get_args(Engine)


@dataclass(frozen=True)
class Plan:
    """How an evaluation is run; nothing of it changes a box."""

    workers: int = 1
    """Sequences that are run at the same time."""
    threads: int = 1
    """Of each worker."""
    engine: Engine = "local"
    timing: bool = False
    """Measure the time of every update; one worker alone, so that nothing of ours contends for the processor."""

    def __post_init__(self) -> None:
        """Raise InputError for a plan that cannot be followed."""
        if self.workers < 1:
            raise InputError(f"workers {self.workers}: at least 1 is needed")
        if self.timing and (self.workers > 1 or self.engine != "local"):
            raise InputError("--timing measures one local worker alone: leave --workers and --engine out")


def evaluate(
    trackers: abc.Sequence[LoadedTracker | str],
    sequences: abc.Sequence[Sequence],
    results: str | Path | None = None,
    plan: Plan = Plan(),
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
                tasks.append(make_task(number, tracker, part, plan.threads, protocol.guided))
                continue
            scored[number, part.name] = score_run(part, run)
            progress(len(part.frames))
    tasks.sort(key=lambda task: -len(task.sequence.frames))  # the longest first: no worker is left with one at the end

    def here(task: Task) -> TaskResult:
        return attempt(loaded[task.number], task.sequence, task.guided)

    with closing(share_out(tasks, plan, execute, no_run, here)) as outcomes:
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


def share_out(
    tasks: abc.Sequence[T], plan: Plan, do: Callable[[T], R], failed: Callable[[str], R], here: Callable[[T], R]
) -> Generator[tuple[T, R]]:
    """Do tasks as a plan says; yields each as it is done.

    do, failed: as of `run_in_processes`. here: what one worker alone does in this process, with networks at hand.
    """
    if not tasks:
        return
    if plan.engine == "ray":
        yield from run_on_ray(tasks, plan.workers, do, failed)
    elif plan.workers > 1:
        yield from run_in_processes(tasks, plan.workers, do, failed)
    else:
        set_threads(plan.threads)
        for task in tasks:
            yield task, here(task)


def _keep(folder: Path | None, sequence: Sequence, outcome: TaskResult, plan: Plan) -> SequenceResult:
    """Write a run and score what was written, so that a resumed evaluation has the same scores."""
    run = outcome.run
    if run is None:
        return failed(sequence, outcome.failure)
    run = replace(run, seconds=run.seconds if plan.timing else None)
    if folder is not None:
        save_run(folder, sequence, run)
        run = load_run(folder, sequence) or run
    return score_run(sequence, run)
