"""Sources as they happen: read in a thread of their own, of whose frames the tracker always gets the newest."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace

from cfvgg_plugin.errors import FrameError, InputError
from cfvgg_plugin.system.interrupts import check
from cfvgg_plugin.video.sources import Frame, FrameSource, is_live, open_source
from cfvgg_plugin.video.span import WHOLE, Chooser, Span

TICK = 0.1
"""Seconds after which a wait asks for signals."""
BACKOFF, LONGEST = 0.5, 10.0
"""Seconds before the first attempt to connect again, doubled at each, and before any."""
FAREWELL = 2.0
"""Seconds that a reading thread is given to end; one that hangs in a driver is left behind."""


@dataclass(frozen=True)
class Live:
    """How a source is followed as it happens."""

    reconnect: int = 5
    """Attempts in a row to connect again to a camera or stream that was lost."""
    silence: float = 10.0
    """Seconds without a frame after which a camera or stream is lost."""

    def __post_init__(self) -> None:
        """Raise InputError for what cannot be."""
        if self.reconnect < 0:
            raise InputError(f"--reconnect {self.reconnect}: a number of attempts from 0 on is expected")


def play(source: str, span: Span, live: Live, tell: Callable[[str], object]) -> FrameSource:
    """Open a source that goes on while it is tracked; its frames say how many were skipped and when they arrived.

    A file, also one at a URL, and a folder are played at their own rate from when the second frame is asked for: that
    is when the tracker has started. A camera or stream that was lost is opened again, which is told in a line; its
    times are those of this machine's clock. The frames raise FrameError where it stays lost and where the thread that
    reads it fails.
    Raises InputError as `open_source` does.
    """
    opened = open_source(source, WHOLE if is_live(source) else span)
    chooser = Chooser(span if is_live(source) else WHOLE)
    rate = opened.rate / chooser.span.every
    frames = _newest(source, opened, chooser, live, tell)
    return FrameSource(
        frames, None, rate, opened.note, lambda: "" if chooser.over else opened.missing(), opened.endless
    )


def _newest(
    source: str, opened: FrameSource, chooser: Chooser, live: Live, tell: Callable[[str], object]
) -> Generator[Frame]:
    """The newest frame whenever one is asked for, through all connections."""
    began, attempts = time.perf_counter(), 0
    reader = _FrameReader(lambda: opened, chooser, began if opened.endless else None, 0)
    try:
        while True:
            frame = reader.take(live.silence if opened.endless else None)
            if frame is not None:
                if attempts:
                    tell(f"{source}: connected again at attempt {attempts} of {live.reconnect}")
                    attempts = 0
                yield frame
                reader.go()
                continue
            why = reader.fault.removeprefix(f"source {source}: ") or (
                "no more frames came" if opened.endless and not chooser.over else ""
            )
            if not why:
                return
            if not opened.endless or attempts == live.reconnect:
                tried = f" ({attempts} attempt(s) to connect again)" if attempts else ""
                raise FrameError(f"{source}: {why}{tried}")
            if not attempts:
                tell(f"{source}: {why}; connecting again")
            reader.stop()
            _pause(min(BACKOFF * 2**attempts, LONGEST))
            attempts += 1
            reader = _FrameReader(lambda: open_source(source), chooser, began, reader.next)
    finally:
        reader.stop()


def _pause(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        check()
        time.sleep(min(TICK, left))


class _FrameReader:
    """A thread that reads a source and keeps its newest frame."""

    def __init__(
        self, connect: Callable[[], FrameSource], chooser: Chooser, began: float | None, following: int
    ) -> None:
        """`began`: the clock's zero of a live source; None for one that is played. `following`: number of its first."""
        self.fault = ""
        """Why it ended, unless the source did."""
        self.next = following
        self._connect, self._chooser, self._began = connect, chooser, began
        self._news = threading.Condition()
        self._frame: Frame | None = None
        self._skipped = 0
        self._ended = False
        self._go, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="cfvgg source", daemon=True)
        self._thread.start()

    def take(self, silence: float | None) -> Frame | None:
        """The newest frame that was not taken, as soon as there is one; None at the end, and after so many seconds."""
        since = time.perf_counter()
        with self._news:
            while self._frame is None:
                if self._ended:
                    return None
                if silence is not None and time.perf_counter() - since > silence:
                    self.fault = f"no frame for {silence:g} s"
                    return None
                self._news.wait(TICK)
                check()
            frame = replace(self._frame, skipped=self._skipped)
            self._frame, self._skipped = None, 0
            return frame

    def go(self) -> None:
        """Play on, if it is played."""
        self._go.set()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._go.set()
        self._thread.join(FAREWELL)

    def _run(self) -> None:
        try:
            with closing(self._connect().frames) as frames:
                self._read(frames)
        except InputError as error:
            self.fault = str(error)
        except BaseException as error:  # whatever kills this thread is for the other one to tell
            self.fault = f"reading failed ({type(error).__name__}: {error})"
        with self._news:
            self._ended = True
            self._news.notify()

    def _read(self, frames: Generator[Frame]) -> None:
        started: float | None = None
        offset = self.next
        for frame in frames:
            if self._stop.is_set():
                return
            now = time.perf_counter()
            if self._began is not None:
                placed = replace(frame, index=frame.index + offset, seconds=now - self._began, arrived=now)
            else:
                if started is not None:
                    self._stop.wait(max(0.0, started + frame.seconds - now))
                placed = replace(frame, arrived=time.perf_counter())
            self.next = placed.index + 1
            if self._chooser.takes(placed.index, placed.seconds):
                self._put(placed)
                if self._began is None and started is None:
                    self._go.wait()
                    started = time.perf_counter() - frame.seconds
            elif self._chooser.over:
                return

    def _put(self, frame: Frame) -> None:
        with self._news:
            self._skipped += self._frame is not None
            self._frame = frame
            self._news.notify()
