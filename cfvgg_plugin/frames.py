"""Frames from folders, video files, cameras and streams, as RGB arrays."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.files import check_readable, check_regular, native, reason

IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"}
DEEP_ENDINGS = {".png", ".tif", ".tiff", ".ppm", ".pgm"}
"""Of formats that have more than 8 bits a channel."""
WHOLE = (0.0, 65535.0)
"""The range of 16 bits."""

MOST = 10**8
"""Frames that a video may announce; more are no number of frames."""
TOLERANCE = 0.5
"""Seconds that a video may end before its announced time, which may be that of its sound."""


@dataclass(frozen=True)
class Frame:
    """One frame of a source; `image` is None where it could not be decoded."""

    name: str
    image: NDArray[np.uint8] | None


@dataclass(frozen=True)
class FrameSource:
    """An opened source: its frames, how many it announces (None for a live one), and their rate."""

    frames: Iterator[Frame]
    count: int | None
    rate: float
    note: str = ""
    """How its images are changed before they are shown, in a line; empty where they are not."""
    missing: Callable[[], str] = str
    """Asked at the end: how much less came than was announced, in a line; empty where nothing is missing."""


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


def image_files(folder: Path) -> list[Path]:
    """Images of a folder in natural order (img2 before img10).

    Raises InputError where there are none, and where a frame has two, as one with a mask beside it.
    """
    files = _listed(folder)
    if fault := twice_fault(files):
        raise InputError(f"folder {folder}: {fault}; move masks and other pictures to a folder of their own")
    return files


def _listed(folder: Path) -> list[Path]:
    try:
        if not folder.is_dir():
            raise InputError(f"folder {folder}: does not exist")
        files = [f for f in folder.iterdir() if f.suffix.lower() in IMAGE_ENDINGS and not f.name.startswith(".")]
    except OSError as error:
        raise InputError(f"folder {folder}: cannot be read ({reason(error)})") from None
    if not files:
        raise InputError(f"folder {folder}: no images in it ({', '.join(sorted(IMAGE_ENDINGS))})")
    return sorted(files, key=lambda f: [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", f.name)])


def twice_fault(frames: Sequence[Path]) -> str:
    """Which frame has two images, as 0001.jpg and 0001.png, or 0001.jpg and 0001_mask.png; empty if none."""
    names: dict[tuple[str, ...], str] = {}
    for frame in frames:
        number = tuple(part.lstrip("0") for part in re.findall(r"\d+", frame.stem)) or (frame.stem,)
        first = names.setdefault((*number, str(frame.parent)), frame.name)
        if first != frame.name:
            return f"frame {frame.stem} is there twice: {first} and {frame.name}"
    return ""


def read_image(path: str | Path) -> NDArray[np.uint8] | None:
    """RGB (H, W, 3) uint8 of an image file, or None if it is missing or no image: what every command and host reads.

    Turned as its EXIF orientation says, without alpha, three equal channels where it is grey. Deeper pixels than 8 bits
    are stretched: the range of the folder's first image becomes 0 to 255, of all its images (`stretch`).
    """
    path = Path(path)
    image = _decoded(path)
    if image is None:
        return None
    if image.dtype != np.uint8:
        low, high = _range_of(path)
        levels = (image.astype(np.float32) - low) * (255 / (high - low))
        image = (np.clip(levels, 0, 255) + 0.5).astype(np.uint8)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]


def stretch(path: Path) -> tuple[float, float] | None:
    """The range that becomes 0 to 255 in a file of more than 8 bits a channel; None for other files."""
    image = _decoded(path) if path.suffix.lower() in DEEP_ENDINGS else None
    return None if image is None or image.dtype == np.uint8 else _range_of(path)


def stretch_note(path: Path) -> str:
    """That images like this one of a sequence are stretched, in a line; empty for those of 8 bits."""
    found = stretch(path)
    if found is None:
        return ""
    low, high = found
    return f"{path.parent}: images of more than 8 bits; the first one's range, {low:g} to {high:g}, is all 256 levels"


def _decoded(path: Path) -> NDArray[Any] | None:
    """BGR as OpenCV decodes a file, of any depth."""
    try:
        check_regular(path)
        # not cv2.imread: it writes to stderr and fails on non-ASCII paths of Windows
        data = np.fromfile(path, np.uint8)
        with quiet():
            return cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH) if data.size else None
    except (OSError, ValueError, cv2.error):  # the last for a claim of more pixels than OpenCV takes
        return None


def _range_of(path: Path) -> tuple[float, float]:
    """(low, high) of the first image of a file's folder; all of 16 bits where that one is no deep image."""
    try:
        folder = path.parent
        first = _first_image(folder, folder.stat().st_mtime_ns)
        state = first.stat()
        return _range(first, state.st_size, state.st_mtime_ns)
    except (OSError, InputError):
        return WHOLE


@lru_cache(maxsize=1024)
def _first_image(folder: Path, modified: int) -> Path:
    return _listed(folder)[0]


@lru_cache(maxsize=4096)
def _range(first: Path, size: int, modified: int) -> tuple[float, float]:
    image = _decoded(first)
    if image is None or image.dtype == np.uint8 or image.min() == image.max():
        return WHOLE
    return float(image.min()), float(image.max())


@contextmanager
def quiet() -> Iterator[None]:
    """Keep OpenCV and FFmpeg from writing to stderr: what is wrong is told in a line of our own."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)


def open_source(source: str) -> FrameSource:
    """Open a folder of frames, a video file, a camera given by its number, or a stream given by its URL.

    Raises InputError, before anything is read, if it does not exist or cannot be opened.
    """
    path = Path(source)
    camera = source.isdecimal()
    live = camera or "://" in source
    try:
        folder, file = path.is_dir(), path.is_file()
    except OSError as error:
        raise InputError(f"source {source[:200]}: {reason(error)}") from None
    if folder:
        files = image_files(path)
        return FrameSource((Frame(str(f), read_image(f)) for f in files), len(files), 25.0, stretch_note(files[0]))
    if not live and not file:
        check_regular(path)
        raise InputError(f"source {source}: no such file or folder (nor a camera number or a URL)")
    if not live:
        check_readable(path)
    with quiet():
        capture = cv2.VideoCapture(int(source[-9:]) if camera else native(source))
    if not capture.isOpened():
        what = "this camera" if camera else "this stream" if live else "it as a video"
        raise InputError(f"source {source}: cannot open {what}")
    count = 0 if camera else int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    rate = capture.get(cv2.CAP_PROP_FPS)
    rate = rate if 1 <= rate <= 1000 else 25.0
    announced = count if 0 < count < MOST else None
    clock = _Clock()
    missing = partial(_missing, source, announced, rate, _counts_exactly(source, live), clock)
    return FrameSource(_captured(capture, source, clock), None if live else announced, rate, missing=missing)


def _captured(capture: cv2.VideoCapture, source: str, clock: _Clock) -> Iterator[Frame]:
    """Frames of an opened capture until it has no more; one that arrives but cannot be decoded has no image."""
    try:
        while capture.grab():
            clock.tick(capture.get(cv2.CAP_PROP_POS_MSEC))
            good, image = capture.retrieve()
            yield Frame(f"{source}, frame {clock.frames}", cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if good else None)  # type: ignore[arg-type]
    finally:
        capture.release()


def _counts_exactly(source: str, live: bool) -> bool:
    """Whether the container counts its frames (AVI, MP4, MOV); of others the number is made of time and rate."""
    if live:
        return Path(source.partition("?")[0]).suffix.lower() in {".avi", ".mp4", ".mov", ".m4v"}
    with Path(source).open("rb") as file:
        head = file.read(12)
    return head[:4] == b"RIFF" or head[4:8] == b"ftyp"


def _missing(source: str, announced: int | None, rate: float, exact: bool, clock: _Clock) -> str:
    """How much less came than the source announces, or nothing.

    An announced time says how much is missing where an announced number is an estimate: a video may have fewer frames
    than its rate promises, but then they last longer.
    """
    if announced is None or clock.frames >= announced:
        return ""
    if exact:
        return f"{source}: ends after {clock.frames} of the {announced} frames it announces"
    seconds, end = announced / rate, clock.last / 1000
    if seconds - end <= max(2 * clock.longest / 1000, TOLERANCE):
        return ""
    return f"{source}: ends after {end:.1f} of the {seconds:.1f} seconds it announces"
