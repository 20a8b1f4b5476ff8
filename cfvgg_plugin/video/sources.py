"""Frames of folders, video files, cameras and streams, in order and each with its place in the source."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import check_readable, check_regular, native, reason
from cfvgg_plugin.video.frames import image_files, quiet, read_image, stretch_note
from cfvgg_plugin.video.span import TOLERANCE, WHOLE, Chooser, Span

MOST = 10**8
"""Frames that a video may announce; more are no number of frames."""
FOLDER_RATE = 25.0
"""Frames/s of a folder, and of what does not say."""
PATIENCE = 10_000
"""Milliseconds after which a stream that does not open, or sends nothing, is given up."""

TEXTS = {".txt", ".csv", ".json", ".toml", ".md"}
"""Endings of files that are no videos, though FFmpeg draws some of them as one."""


@dataclass(frozen=True)
class Frame:
    """One frame of a source; `image` is None where it could not be decoded."""

    name: str
    image: NDArray[np.uint8] | None
    index: int
    """Its number in the source, from 0, whatever is left out."""
    seconds: float
    """From the source's beginning: the container's timestamp, number over rate for a folder, the clock for a camera."""
    skipped: int = 0
    """Frames of a live source that went by between the one handed out before and this one."""
    arrived: float | None = None
    """When a live source delivered it, by `time.perf_counter`."""


@dataclass(frozen=True)
class FrameSource:
    """An opened source: its frames, how many it announces (None for a live one), and their rate."""

    frames: Generator[Frame]
    count: int | None
    rate: float
    """Frames/s of those that are handed out."""
    note: str = ""
    """How its images are changed before they are shown, in a line; empty where they are not."""
    missing: Callable[[], str] = str
    """Asked at the end: how much less came than was announced, in a line; empty where nothing is missing."""
    endless: bool = False
    """Whether it announces no end, as cameras and most streams: when it ends, something is wrong."""


@dataclass
class _Clock:
    """How far a video has been read."""

    frames: int = 0
    last: float = 0.0
    """Milliseconds of its last frame, and the longest time between two."""
    longest: float = 0.0

    def tick(self, now: float) -> None:
        """A frame came."""
        self.frames += 1
        if now > self.last:
            self.longest, self.last = max(self.longest, now - self.last), now


def is_camera(source: str) -> bool:
    """Whether it is a camera's number."""
    return source.isdecimal()


def is_live(source: str) -> bool:
    """Whether it is a camera or a stream, which go on by themselves."""
    return is_camera(source) or "://" in source


def open_source(source: str, span: Span = WHOLE) -> FrameSource:
    """Open a folder of frames, a video file, a camera given by its number, or a stream given by its URL.

    Raises InputError, before anything is read, if it does not exist or cannot be opened, and for a span beyond it.
    """
    if not source:
        raise InputError("source: a video, a folder of images, a camera's number or a stream's URL is expected")
    path = Path(source)
    live = is_live(source)
    try:
        folder, file = path.is_dir(), path.is_file()
    except OSError as error:
        raise InputError(f"source {source[:200]}: {reason(error)}") from None
    if folder:
        return _open_folder(source, image_files(path), span)
    if not live and not file:
        check_regular(path)
        raise InputError(f"source {source}: no such file or folder (nor a camera number or a URL)")
    if not live:
        check_readable(path)
        if path.suffix.lower() in TEXTS:
            raise InputError(f"source {source}: cannot open it as a video: it is a text file")
    capture = _open_capture(source)
    count = 0 if is_camera(source) else int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    rate = capture.get(cv2.CAP_PROP_FPS)
    rate = rate if 1 <= rate <= 1000 else FOLDER_RATE
    announced, exact = count if 0 < count < MOST else None, _counts_exactly(source, live)
    if announced is not None:
        span.check(f"source {source}", announced, rate, exact)
    clock, chooser = _Clock(), Chooser(span)
    missing = partial(_missing, source, announced, rate, exact, chooser, clock)
    length = span.length(announced, rate) if announced is not None and not live else None
    frames = _captured(capture, source, rate, chooser, clock)
    return FrameSource(frames, length, rate / span.every, "", missing, live and announced is None)


def _open_folder(source: str, files: list[Path], span: Span) -> FrameSource:
    span.check(f"source {source}", len(files), FOLDER_RATE, True)
    length = span.length(len(files), FOLDER_RATE)
    first = span.start.frame(FOLDER_RATE)
    chosen = range(first, first + length * span.every, span.every)
    frames = (Frame(str(files[i]), read_image(files[i]), i, i / FOLDER_RATE) for i in chosen)
    return FrameSource(frames, length, FOLDER_RATE / span.every, stretch_note(files[0]))


def _open_capture(source: str) -> cv2.VideoCapture:
    """Raises InputError where it cannot be opened."""
    with quiet():
        if "://" in source and cv2.videoio_registry.hasBackend(cv2.CAP_FFMPEG):
            waits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, PATIENCE, cv2.CAP_PROP_READ_TIMEOUT_MSEC, PATIENCE]
            capture = cv2.VideoCapture(native(source), cv2.CAP_FFMPEG, waits)
        else:
            capture = cv2.VideoCapture(int(source[-9:]) if is_camera(source) else native(source))
    if not capture.isOpened():
        what = "this camera" if is_camera(source) else "this stream" if is_live(source) else "it as a video"
        raise InputError(f"source {source}: cannot open {what}")
    return capture


def _captured(capture: cv2.VideoCapture, source: str, rate: float, chooser: Chooser, clock: _Clock) -> Generator[Frame]:
    """Frames of an opened capture until it has no more; one that arrives but cannot be decoded has no image.

    A span is reached by reading: OpenCV's seeking lands on a neighbouring frame in many a file.
    """
    camera, began = is_camera(source), time.perf_counter()
    try:
        while capture.grab():
            index = clock.frames
            stamp = capture.get(cv2.CAP_PROP_POS_MSEC)
            clock.tick(stamp)
            timed = stamp / 1000 if stamp > 0 else index / rate  # containers without timestamps have 0 everywhere
            seconds = time.perf_counter() - began if camera else timed
            if not chooser.takes(index, seconds):
                if chooser.over:
                    return
                continue
            good, image = capture.retrieve()
            picture = cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if good else None
            yield Frame(f"{source}, frame {clock.frames}", picture, index, seconds)  # type: ignore[arg-type]
    finally:
        capture.release()


def _counts_exactly(source: str, live: bool) -> bool:
    """Whether the container counts its frames (AVI, MP4, MOV); of others the number is made of time and rate."""
    if live:
        return Path(source.partition("?")[0]).suffix.lower() in {".avi", ".mp4", ".mov", ".m4v"}
    with Path(source).open("rb") as file:
        head = file.read(12)
    return head[:4] == b"RIFF" or head[4:8] == b"ftyp"


def _missing(source: str, announced: int | None, rate: float, exact: bool, chooser: Chooser, clock: _Clock) -> str:
    """How much less came than the source announces, or than was asked for, or nothing.

    An announced time says how much is missing where an announced number is an estimate: a video may have fewer frames
    than its rate promises, but then they last longer.
    """
    if chooser.over:
        return ""
    end = clock.last / 1000
    short = announced is not None and clock.frames < announced
    if short and exact:
        return f"{source}: ends after {clock.frames} of the {announced} frames it announces"
    seconds = (announced or 0) / rate
    if short and seconds - end > max(2 * clock.longest / 1000, TOLERANCE):
        return f"{source}: ends after {end:.1f} of the {seconds:.1f} seconds it announces"
    wanted = chooser.span.end
    if wanted is None or wanted.reached(clock.frames, end + TOLERANCE):
        return ""
    return f"{source}: ends after {clock.frames} frames, before --end {wanted}"
