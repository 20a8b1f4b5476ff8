"""Images of folders, as RGB arrays."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import check_regular, reason

IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"}
DEEP_ENDINGS = {".png", ".tif", ".tiff", ".ppm", ".pgm"}
"""Of formats that have more than 8 bits a channel."""
WHOLE = (0.0, 65535.0)
"""The range of 16 bits."""


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
        kinds = ", ".join(sorted(IMAGE_ENDINGS))
        hint = "; those of a sequence in OTB's layout are in its folder img" if (folder / "img").is_dir() else ""
        raise InputError(f"folder {folder}: no images in it ({kinds}){hint}")
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
    # version 5 has moved it
    set_level: Any = cv2.setLogLevel if hasattr(cv2, "setLogLevel") else cv2.utils.logging.setLogLevel
    level = set_level(0)
    try:
        yield
    finally:
        set_level(level)
