"""Frames from folders, video files, cameras and streams, as RGB arrays."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError

IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"}


@dataclass(frozen=True)
class Frame:
    """One frame of a source; `image` is None where it could not be decoded."""

    name: str
    image: NDArray[np.uint8] | None


@dataclass(frozen=True)
class FrameSource:
    """An opened source: its frames, how many they are (None for a live one), and their rate."""

    frames: Iterator[Frame]
    count: int | None
    rate: float


def image_files(folder: Path) -> list[Path]:
    """Images of a folder in natural order (img2 before img10). Raises InputError where there are none."""
    if not folder.is_dir():
        raise InputError(f"folder {folder}: does not exist")
    files = [f for f in folder.iterdir() if f.suffix.lower() in IMAGE_ENDINGS and not f.name.startswith(".")]
    if not files:
        raise InputError(f"folder {folder}: no images in it ({', '.join(sorted(IMAGE_ENDINGS))})")
    return sorted(files, key=lambda f: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", f.name)])


def read_image(path: Path) -> NDArray[np.uint8] | None:
    """RGB (H, W, 3) uint8, or None if the file is missing or no image."""
    try:
        data = np.fromfile(
            path, np.uint8
        )  # not cv2.imread: it writes to stderr and fails on non-ASCII paths of Windows
    except OSError:
        return None
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    return None if image is None else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]


def open_source(source: str) -> FrameSource:
    """Open a folder of frames, a video file, a camera given by its number, or a stream given by its URL.

    Raises InputError, before anything is read, if it does not exist or cannot be opened.
    """
    path = Path(source)
    if path.is_dir():
        files = image_files(path)
        return FrameSource((Frame(str(f), read_image(f)) for f in files), len(files), 25.0)
    live = source.isdigit() or "://" in source
    if not live and not path.is_file():
        raise InputError(f"source {source}: no such file or folder (nor a camera number or a URL)")
    capture = cv2.VideoCapture(int(source) if source.isdigit() else source)
    if not capture.isOpened():
        what = "this camera" if source.isdigit() else "this stream" if live else "it as a video"
        raise InputError(f"source {source}: cannot open {what}")
    count = 0 if live else int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    rate = capture.get(cv2.CAP_PROP_FPS)
    return FrameSource(_captured(capture, source), count if count > 0 else None, rate if 1 <= rate <= 1000 else 25.0)


def _captured(capture: cv2.VideoCapture, source: str) -> Iterator[Frame]:
    """Frames of an opened capture until it has no more; one that arrives but cannot be decoded has no image."""
    number = 0
    try:
        while capture.grab():
            number += 1
            good, image = capture.retrieve()
            yield Frame(f"{source}, frame {number}", cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if good else None)  # type: ignore[arg-type]
    finally:
        capture.release()
