"""A tracker on a sequence as a piece of work that any process can do, and how it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeVar

from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.run import LoadedTracker, SequenceRun, run_guided, run_sequence
from cfvgg_plugin.interrupts import check
from cfvgg_plugin.networks import Backbone
from cfvgg_plugin.registry import load_backbone
from cfvgg_plugin.settings import Settings
from cfvgg_plugin.threads import set_threads

R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Task:
    """A tracker, less its network, on a sequence."""

    number: int
    """Of the tracker, for whoever gave the task."""
    name: str
    settings: Settings
    weights: str | None
    device: str
    backend: str
    sequence: Sequence
    """Or a run of one."""
    threads: int
    guided: bool = False


class Threaded(Protocol):
    """Any piece of work."""

    @property
    def threads(self) -> int:
        """That it takes."""


class TaskResult(NamedTuple):
    """A run, or the reason why there is none."""

    run: SequenceRun | None
    failure: str = ""


def no_run(failure: str) -> TaskResult:
    """Of a task that could not be done."""
    return TaskResult(None, failure)


def make_task(number: int, tracker: LoadedTracker, sequence: Sequence, threads: int, guided: bool = False) -> Task:
    """The task of a tracker on a sequence or a run of one."""
    t = tracker
    return Task(number, t.name, t.settings, t.weights, t.device, t.backend, sequence, threads, guided)


def execute(task: Task) -> TaskResult:
    """Do a task in a process of its own; the network is tracker once a process."""
    set_threads(task.threads)
    try:
        backbone = load_once(task.settings, task.weights, task.device, task.backend)
    except InputError as error:
        return TaskResult(None, str(error))
    return attempt(LoadedTracker(task.name, task.settings, backbone), task.sequence, task.guided)


def attempt(tracker: LoadedTracker, sequence: Sequence, guided: bool = False) -> TaskResult:
    """Run a tracker; whatever goes wrong costs this sequence, not the hours before it."""
    run = run_guided if guided else run_sequence
    return attempted(lambda: TaskResult(run(tracker, sequence)), no_run)


def attempted(work: Callable[[], R], failed: Callable[[str], R]) -> R:
    """What a piece of work gives, or what `failed` makes of the reason why it gives nothing."""
    try:
        return work()
    except InputError as error:
        return failed(str(error))
    except Exception as error:  # a fault of ours: it is reported by its kind, and the exit status tells
        check()
        return failed(f"{type(error).__name__}: {error}")


@lru_cache(maxsize=4)
def load_once(settings: Settings, weights: str | None, device: str, backend: str) -> Backbone | None:
    """The network of a task; kept for this process's next one."""
    return load_backbone(settings, weights, device, backend)
