"""Sequences in a folder each: the layouts of the VOT challenges and of the TLD set, and plain folders."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.boxes import read_boxes, read_rows
from cfvgg_plugin.datasets.clips import find_clips, video_frames
from cfvgg_plugin.datasets.entries import Entry
from cfvgg_plugin.datasets.images import VIDEO_ENDINGS
from cfvgg_plugin.datasets.places import Annotated, Place, clean_boxes, faulty
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.video.frames import image_files


def find_vot(root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    """NAME/groundtruth.txt, 0-based, with the images in NAME/color or NAME itself; in alphabetical order."""
    files = sorted(root.glob("*/groundtruth.txt"))
    return [_place(file, ("color",), 0, entries.get(file.parent.name)) for file in files]


def find_folders(root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    """NAME/groundtruth_rect.txt (1-based), else NAME/groundtruth.txt, else NAME/NAME.txt (both 0-based).

    The images are in NAME/img, NAME/color or NAME itself. In alphabetical order, and after them clips.
    """
    return _each(root, _plain) + find_clips(root, entries)


def find_tld(root: Path, _: Mapping[str, Entry]) -> list[Place]:
    """NAME/gt.txt or NAME/groundtruth.txt, with a video NAME.mpg or images; in alphabetical order.

    Raises InputError for a folder that has several videos.
    """
    return _each(root, _tld)


def _each(root: Path, find: Callable[[Path], Place | None]) -> list[Place]:
    """What is found in the folders, in alphabetical order; a place that tells so for one that cannot be read."""
    places = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        try:
            place = find(folder)
        except OSError as error:
            place = faulty(folder.name, folder, folder, error)
        places += [place] if place else []
    return places


def _plain(folder: Path) -> Place | None:
    bases = {"groundtruth_rect.txt": 1, "groundtruth.txt": 0, f"{folder.name}.txt": 0}
    file = _first(folder, bases)
    return _place(file, ("img", "color"), bases[file.name]) if file else None


def _first(folder: Path, names: Iterable[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _place(file: Path, inner: tuple[str, ...], first_pixel: int, entry: Entry | None = None) -> Place:
    folder = file.parent
    images = next((folder / name for name in inner if (folder / name).is_dir()), folder)
    return Place(folder.name, images, file, partial(_read, images, file, first_pixel), entry)


def _read(images: Path, annotation: Path, first_pixel: int) -> Annotated:
    return Annotated(image_files(images), clean_boxes(read_regions(annotation), first_pixel))


def _tld(folder: Path) -> Place | None:
    """The video, of which one that is named like the folder comes first; else the folder of the images."""
    if not (file := _first(folder, ("gt.txt", "groundtruth.txt"))):
        return None
    videos = sorted(path for path in folder.iterdir() if path.suffix.lower() in VIDEO_ENDINGS)
    videos = [video for video in videos if video.stem == folder.name] or videos
    if len(videos) > 1:
        raise InputError(f"{folder}: {videos[0].name} and {videos[1].name}; one video is expected")
    images = next(iter(videos), folder / "img" if (folder / "img").is_dir() else folder)
    return Place(folder.name, images, file, partial(_read_tld, images, file))


def _read_tld(images: Path, annotation: Path) -> Annotated:
    """Boxes are x1,y1,x2,y2: the first and the last pixel of the target, counted from 1.

    So does the authors' code, whose width of a box is x2 - x1 + 1. NaN says that the target is not to be seen.
    """
    corners = read_boxes(annotation)
    size = corners[:, 2:] - corners[:, :2] + 1
    boxes = clean_boxes(np.hstack([corners[:, :2], size]), 1)
    frames = video_frames(images, len(boxes), annotation) if images.is_file() else image_files(images)
    return Annotated(frames, boxes, np.asarray(np.isnan(corners).all(axis=1)))


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
