"""Tasks shared out as a plan says: to this process, to several of this machine, or to a Ray cluster."""

import contextlib
import multiprocessing
import os
import signal
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, resource_tracker
from multiprocessing.connection import Connection
from typing import Any, Literal, Protocol, TypeVar, cast, get_args

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.extras import import_extra
from cfvgg_plugin.system.interrupts import check, end_with_parent
from cfvgg_plugin.system.machine import set_threads

Engine = Literal["local", "ray"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
TRIES = 3
"""Deaths of processes at one task before it is given up: it may take more memory than there is."""


class Threaded(Protocol):
    """Any piece of work."""

    @property
    def threads(self) -> int:
        """That it takes."""


T = TypeVar("T")
R = TypeVar("R")
ThreadedT = TypeVar("ThreadedT", bound=Threaded)


@dataclass(frozen=True)
class Plan:
    """How an evaluation is run; nothing of it changes a box."""

    workers: int = 1
    """Sequences that are run at the same time."""
    threads: int = 1
    """Of each worker."""
    engine: Engine = "local"
    """Whose workers: processes of our own, or Ray's."""
    timing: bool = False
    """Measure the time of every update; one worker alone, so that nothing of ours contends for the processor."""

    def __post_init__(self) -> None:
        """Raise InputError for a plan that cannot be followed."""
        if self.workers < 1:
            raise InputError(f"workers {self.workers}: at least 1 is needed")
        if self.timing and (self.workers > 1 or self.engine != "local"):
            raise InputError("--timing measures one local worker alone: leave --workers and --engine out")


def share_out(
    tasks: Sequence[ThreadedT],
    plan: Plan,
    do: Callable[[ThreadedT], R],
    failed: Callable[[str], R],
    here: Callable[[ThreadedT], R],
) -> Generator[tuple[ThreadedT, R]]:
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


def attempted(work: Callable[[], R], failed: Callable[[str], R]) -> R:
    """What a piece of work gives, or what `failed` makes of the reason why it gives nothing."""
    try:
        return work()
    except InputError as error:
        return failed(str(error))
    except Exception as error:  # a fault of ours: it is reported by its kind, and the exit status tells
        check()
        return failed(f"{type(error).__name__}: {error}")


def run_in_processes(
    tasks: Sequence[T], workers: int, do: Callable[[T], R], failed: Callable[[str], R]
) -> Iterator[tuple[T, R]]:
    """Do the tasks in `workers` processes; yields each as it is done.

    do: a function of a module, for it goes by its name. failed: makes a result of the reason why there is none.
    Ending the iteration, by an exception or by closing it, ends the processes; they also end when this one is killed.
    """
    waiting, deaths, running = deque(tasks), Counter[T](), dict[Connection, tuple[Any, T]]()

    def hand_over(link: Connection, process: Any) -> None:
        running[link] = process, waiting.popleft()
        with contextlib.suppress(OSError):  # it died between two tasks: reading from it will tell
            link.send(running[link][1])

    try:
        while waiting or running:
            while waiting and len(running) < workers:
                hand_over(*_start_worker(do))
            for ready in connection.wait(list(running)):
                link = cast(Connection, ready)
                process, task = running.pop(link)
                try:
                    outcome = link.recv()
                except (EOFError, OSError):  # it died instead
                    link.close()
                    process.join()
                    deaths[task] += 1
                    if deaths[task] < TRIES:
                        waiting.appendleft(task)
                    else:
                        yield task, failed(f"its process died {TRIES} times (is there enough memory?)")
                    continue
                yield task, outcome
                if waiting:
                    hand_over(link, process)
                else:
                    link.close()
                    process.join()
    finally:
        for process, _ in running.values():
            process.kill()
            process.join()


def _start_worker(do: Callable[[Any], Any]) -> tuple[Connection, Any]:
    # spawn, not fork: torch and OpenCV have threads by now, which do not survive a fork
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, do), daemon=True)
    with _without_interrupts():
        process.start()
    theirs.close()  # the worker's end must be its alone, or its death would not close the pipe
    return ours, process


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """What starts in here is deaf to Ctrl-C from the first moment on, while it imports; here it waits until then."""
    if not hasattr(signal, "pthread_sigmask"):
        yield  # Windows
        return
    resource_tracker.ensure_running()  # its start, which comes with the first process, would end the blocking
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(link: Connection, do: Callable[[Any], Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one ends the others
    end_with_parent()
    while True:
        try:
            task = link.recv()
        except EOFError:
            return
        link.send(do(task))


def run_on_ray(
    tasks: Sequence[ThreadedT], workers: int, do: Callable[[ThreadedT], R], failed: Callable[[str], R]
) -> Iterator[tuple[ThreadedT, R]]:
    """Do the tasks, `workers` at a time; yields each as it is done.

    Frames and weights are read where a task runs: the machines of a cluster need them, and this package, under the same
    paths. Raises InputError where Ray is missing or the cluster cannot be reached.
    """
    ray = import_extra("ray", "ray", "--engine ray needs")
    _connect(ray, workers * max((task.threads for task in tasks), default=1))
    try:
        remote = ray.remote(max_retries=2)(do)
        waiting, running = deque(tasks), dict[Any, ThreadedT]()
        while waiting or running:
            while waiting and len(running) < workers:
                task = waiting.popleft()
                running[remote.options(num_cpus=task.threads).remote(task)] = task
            (done,), _ = ray.wait(list(running), num_returns=1)
            task = running.pop(done)
            try:
                yield task, ray.get(done)
            except ray.exceptions.RayError as error:
                yield task, failed(f"Ray: {type(error).__name__} ({str(error).splitlines()[0]})")
    finally:
        ray.shutdown()


def _connect(ray: Any, processors: int) -> None:
    address = os.environ.get("RAY_ADDRESS")
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    try:
        if address:
            ray.init(address=address, **options)
        else:
            ray.init(address="local", num_cpus=processors, include_dashboard=False, **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        where = f"RAY_ADDRESS={address}" if address else "this machine"
        raise InputError(f"--engine ray: no cluster at {where} ({str(error).splitlines()[0]})") from None
