"""A tracker on a sequence as a piece of work that any process can do, and how it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeVar

from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.run import Entrant, SequenceRun, run_guided, run_sequence
from cfvgg_plugin.interrupts import check
from cfvgg_plugin.networks import Backbone
from cfvgg_plugin.registry import load_backbone
from cfvgg_plugin.settings import Settings
from cfvgg_plugin.threads import set_threads

R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Task:
    """An entrant, less its network, on a sequence."""

    entrant: int
    """Number of the entrant, for whoever gave the task."""
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


class Outcome(NamedTuple):
    """A run, or the reason why there is none."""

    run: SequenceRun | None
    failure: str = ""


def no_run(failure: str) -> Outcome:
    """Of a task that could not be done."""
    return Outcome(None, failure)


def make_task(number: int, entrant: Entrant, sequence: Sequence, threads: int, guided: bool = False) -> Task:
    """The task of an entrant on a sequence or a run of one."""
    e = entrant
    return Task(number, e.name, e.settings, e.weights, e.device, e.backend, sequence, threads, guided)


def execute(task: Task) -> Outcome:
    """Do a task in a process of its own; the network is loaded once a process."""
    set_threads(task.threads)
    try:
        backbone = load_once(task.settings, task.weights, task.device, task.backend)
    except InputError as error:
        return Outcome(None, str(error))
    return attempt(Entrant(task.name, task.settings, backbone), task.sequence, task.guided)


def attempt(entrant: Entrant, sequence: Sequence, guided: bool = False) -> Outcome:
    """Run a tracker; whatever goes wrong costs this sequence, not the hours before it."""
    run = run_guided if guided else run_sequence
    return attempted(lambda: Outcome(run(entrant, sequence)), no_run)


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
