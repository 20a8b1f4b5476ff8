"""Processes that start in a moment: forked off a server that has imported what takes each of them seconds.

The server (multiprocessing's own) runs nothing but imports, so that no thread is lost by a fork. What is started is a
process like any other: it has a number, hears signals, dies. Where the start itself is at stake, use the real one.
"""

import contextlib
import multiprocessing
import os
import runpy
import signal
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

IMPORTED = ("pytest", "cv2", "scipy.io", "torch", "torch.utils.data", "torch.utils.tensorboard", "matplotlib.pyplot")
IMPORTED += ("cfvgg_plugin.commands.results", "cfvgg_plugin.commands.track", "cfvgg_plugin.train.loop")
IMPORTED += tuple(f"cfvgg_plugin.trackers.{name}" for name in ("fkcf", "feco", "fdeepstrcf"))

BASE: Any = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")


class Process(BASE.Process):
    """With the environment of now, not of the server's start."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.environment = dict(os.environ)

    def run(self) -> None:
        os.environ.clear()
        os.environ.update(self.environment)
        super().run()


class Context(type(BASE)):
    """In place of multiprocessing's spawn."""

    Process = Process


def context() -> Context:
    """Starts the server, too: one that a pool started would be deaf to Ctrl-C, and so would all that it forks."""
    found = Context()
    if sys.platform != "win32":
        from multiprocessing import forkserver

        assert all(map(find_spec, IMPORTED)), "the server says nothing of a module that is not there"
        forkserver.set_forkserver_preload(list(IMPORTED))
        forkserver.ensure_running()
    return found


class Program:
    """`python -W error -m MODULE ARGS` in the working folder of now and a session of its own.

    said: a folder for what it writes to its standard output and error. limit: bytes beyond which no file may grow.
    """

    def __init__(self, said: Path, module: str, *args: object, limit: int = 0) -> None:
        self.out, self.err = said / "out", said / "err"
        words = [module, *map(str, args)]
        self._process = context().Process(target=_run, args=(words, Path.cwd(), (self.out, self.err), limit))
        self._process.start()
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def sweep(self) -> None:
        """Kill it with all that it started, where that still runs."""
        if self.poll() is None:
            self.kill()  # it may have no session yet
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def end(self, timeout: float = 120) -> tuple[int, str, str]:
        """Wait for it; its exit status and what it said."""
        self._process.join(timeout)
        assert self._process.exitcode is not None, f"it runs after {timeout} s"
        return self._process.exitcode, self.out.read_text(), self.err.read_text()


def _run(words: list[str], folder: Path, streams: tuple[Path, ...], limit: int) -> None:
    os.setsid()
    if limit:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    for number, path in enumerate(streams, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.chdir(folder)
    sys.argv = words
    warnings.simplefilter("error")
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
