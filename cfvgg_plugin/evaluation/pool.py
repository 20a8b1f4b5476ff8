"""Tasks done by processes of this machine; one that dies is replaced, and its task is tried again."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import connection, resource_tracker
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar, cast

TRIES = 3
"""Deaths of processes at one task before it is given up: it may take more memory than there is."""


T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class _Worker(Generic[T]):
    process: Any
    task: T


def run_in_processes(
    tasks: Sequence[T], workers: int, do: Callable[[T], R], failed: Callable[[str], R]
) -> Iterator[tuple[T, R]]:
    """Do the tasks in `workers` processes; yields each as it is done.

    do: a function of a module, for it goes by its name. failed: makes a result of the reason why there is none.
    Ending the iteration, by an exception or by closing it, ends the processes; they also end when this one is killed.
    """
    waiting, deaths, running = deque(tasks), Counter[T](), dict[Connection, _Worker[T]]()
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                link, worker = _start_worker(waiting.popleft(), do)
                running[link] = worker
            for ready in connection.wait(list(running)):
                link = cast(Connection, ready)
                worker = running.pop(link)
                outcome = _receive(link, worker)
                if outcome is not None:
                    yield worker.task, outcome[0]
                    if waiting:
                        task = waiting.popleft()
                        running[link] = replace(worker, task=task)
                        _send(link, task)
                    else:
                        link.close()
                        worker.process.join()
                    continue
                deaths[worker.task] += 1
                if deaths[worker.task] < TRIES:
                    waiting.appendleft(worker.task)
                else:
                    yield worker.task, failed(f"its process died {TRIES} times (is there enough memory?)")
    finally:
        for worker in running.values():
            worker.process.kill()
            worker.process.join()


def _start_worker(task: T, do: Callable[[T], R]) -> tuple[Connection, _Worker[T]]:
    # spawn, not fork: torch and OpenCV have threads by now, which do not survive a fork
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, do), daemon=True)
    with _without_interrupts():
        process.start()
    theirs.close()  # the worker's end must be its alone, or its death would not close the pipe
    _send(ours, task)
    return ours, _Worker(process, task)


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


def _send(link: Connection, task: object) -> None:
    with contextlib.suppress(OSError):  # it died between two tasks: reading from it will tell
        link.send(task)


def _receive(link: Connection, worker: _Worker[Any]) -> tuple[Any] | None:
    """What a worker sent, in a tuple; None if it died instead."""
    try:
        outcome = (link.recv(),)
    except (EOFError, OSError):
        link.close()
        worker.process.join()
        return None
    return outcome


def _work(link: Connection, do: Callable[[Any], Any]) -> None:
    """Do tasks until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one ends the others
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            task = link.recv()
        except EOFError:
            return
        link.send(do(task))


def _end_with_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
    os._exit(1)
