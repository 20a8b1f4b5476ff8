"""Ctrl-C and SIGTERM, also where Python loses the exception.

A KeyboardInterrupt that is raised inside a library's callback or a finaliser is printed and forgotten, and one that is
raised in the middle of a step leaves half a step. So signals are remembered here, and long work asks for them.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""Exit status of what was interrupted."""
_asked = threading.Event()


def interruptible() -> None:
    """Let SIGTERM interrupt this process as Ctrl-C does, and remember either."""
    for number in _heard():
        signal.signal(number, _raise)


@contextmanager
def importing() -> Iterator[None]:
    """Let a signal end this process at once, with 130: for while modules are imported and nothing is under way.

    An exception in the middle of torch's import ends in its C++ code, and the process in SIGABRT.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _leave) for number in _heard()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_with_parent() -> None:
    """End this process, one of multiprocessing's, as soon as the one that started it is gone, however that went.

    A process that waits for a task sees by itself that nobody will send one; one that is at work, or hands something
    over that nobody takes, does not.
    """
    threading.Thread(target=_outlive_nobody, daemon=True).start()


def _outlive_nobody() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
    os._exit(1)


def check() -> None:
    """Raise KeyboardInterrupt if a signal has come, though its exception was lost."""
    if _asked.is_set():
        raise KeyboardInterrupt


def asked() -> bool:
    """Whether a signal has come."""
    return _asked.is_set()


@contextmanager
def held() -> Iterator[Callable[[], None]]:
    """Hold signals back; yields the function that lets them through, to be called where the work is consistent.

    A second signal gets through at once. Signals only arrive in the main thread; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    came = threading.Event()

    def hold(number: int, frame: FrameType | None) -> None:
        if came.is_set():
            _raise(number, frame)
        came.set()

    def let_through() -> None:
        if came.is_set():
            _asked.set()
            raise KeyboardInterrupt

    before = {number: signal.signal(number, hold) for number in _heard()}
    try:
        yield let_through
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, frame: FrameType | None) -> None:
    _asked.set()
    raise KeyboardInterrupt


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)


def _heard() -> list[signal.Signals]:
    """SIGINT and SIGTERM, less what this process was started to ignore: a shell's background jobs ignore Ctrl-C."""
    both = (signal.SIGINT, signal.SIGTERM)
    return [number for number in both if signal.getsignal(number) not in (signal.SIG_IGN, None)]
