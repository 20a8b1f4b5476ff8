"""Images of folders, as RGB arrays."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.files import reason

IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"}


def image_files(folder: Path) -> list[Path]:
    """Images of a folder in natural order (img2 before img10). Raises InputError where there are none."""
    try:
        if not folder.is_dir():
            raise InputError(f"folder {folder}: does not exist")
        files = [f for f in folder.iterdir() if f.suffix.lower() in IMAGE_ENDINGS and not f.name.startswith(".")]
    except OSError as error:
        raise InputError(f"folder {folder}: cannot be read ({reason(error)})") from None
    if not files:
        raise InputError(f"folder {folder}: no images in it ({', '.join(sorted(IMAGE_ENDINGS))})")
    return sorted(files, key=lambda f: [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", f.name)])


def read_image(path: Path) -> NDArray[np.uint8] | None:
    """RGB (H, W, 3) uint8, or None if the file is missing or no image."""
    try:
        data = np.fromfile(
            path, np.uint8
        )  # not cv2.imread: it writes to stderr and fails on non-ASCII paths of Windows
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except (OSError, ValueError, cv2.error):  # the last for a claim of more pixels than OpenCV takes
        return None
    return None if image is None else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep OpenCV and FFmpeg from writing to stderr: what is wrong is told in a line of our own."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
