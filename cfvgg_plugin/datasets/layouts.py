"""Sequences in the layouts of the VOT challenges and in plain folders."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.boxes import read_rows
from cfvgg_plugin.datasets.clips import find_clips
from cfvgg_plugin.datasets.entries import Entry
from cfvgg_plugin.datasets.places import Annotated, Place, clean_boxes, faulty
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.frames import image_files


def find_vot(root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    """NAME/groundtruth.txt, 0-based, with the images in NAME/color or NAME itself; in alphabetical order."""
    files = sorted(root.glob("*/groundtruth.txt"))
    return [_place(file, ("color",), 0, entries.get(file.parent.name)) for file in files]


def find_folders(root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    """NAME/groundtruth_rect.txt (1-based), else NAME/groundtruth.txt, else NAME/NAME.txt (both 0-based).

    The images are in NAME/img, NAME/color or NAME itself. In alphabetical order, and after them clips.
    """
    places = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        bases = {"groundtruth_rect.txt": 1, "groundtruth.txt": 0, f"{folder.name}.txt": 0}
        try:
            if file := next((folder / name for name in bases if (folder / name).is_file()), None):
                places.append(_place(file, ("img", "color"), bases[file.name]))
        except OSError as error:
            places.append(faulty(folder.name, folder, folder, error))
    return places + find_clips(root, entries)


def _place(file: Path, inner: tuple[str, ...], first_pixel: int, entry: Entry | None = None) -> Place:
    folder = file.parent
    images = next((folder / name for name in inner if (folder / name).is_dir()), folder)
    return Place(folder.name, images, file, partial(_read, images, file, first_pixel), entry)


def _read(images: Path, annotation: Path, first_pixel: int) -> Annotated:
    return Annotated(image_files(images), clean_boxes(read_regions(annotation), first_pixel))


def read_regions(path: Path) -> NDArray[np.float64]:
    """Boxes (N, 4) of a file with a box x,y,w,h or a polygon x1,y1,x2,y2,x3,y3,... a line, as they stand.

    A polygon becomes the smallest upright rectangle around its corners, w and h being differences of their
    coordinates: what the VOT toolkit gives to trackers that take rectangles. Raises InputError.
    """
    rows = read_rows(path)
    for number, row in rows.items():
        if len(row) != 4 and (len(row) < 6 or len(row) % 2):
            raise InputError(f"{path}: line {number} has {len(row)} numbers; 4, or 6 and more in pairs, are expected")
    return np.array([row if len(row) == 4 else _around(row) for row in rows.values()])


def _around(polygon: list[float]) -> list[float]:
    corners = np.array(polygon).reshape(-1, 2)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return [*low, *(high - low)]
