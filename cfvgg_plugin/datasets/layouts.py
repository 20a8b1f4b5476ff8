"""Sequences in a folder each, of OTB, the VOT challenges, the TLD set, ILSVRC-2015 VID, and plain folders."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.datasets.boxes import MOST, read_boxes, read_rows
from cfvgg_plugin.datasets.clips import find_clips, video_frames
from cfvgg_plugin.datasets.images import VIDEO_ENDINGS
from cfvgg_plugin.datasets.sequence import (
    Annotated,
    Entry,
    Place,
    Sequence,
    clean_boxes,
    faulty,
    from_first_box,
    read_list,
    read_sequence,
)
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
    boxes: list[list[float]] = []
    for number, row in read_rows(path).items():
        if len(row) != 4 and (len(row) < 6 or len(row) % 2):
            raise InputError(f"{path}: line {number} has {len(row)} numbers; 4, or 6 and more in pairs, are expected")
        corners = np.reshape(row, (-1, 2))
        boxes.append(row if len(row) == 4 else [*corners.min(axis=0), *np.ptp(corners, axis=0)])
    return np.array(boxes)


def load_otb(root: Path, names: list[str] | None = None) -> list[Sequence]:
    """Sequences below `root`, all or those of `names`, in alphabetical order.

    Annotations of OTB are 1-based; the boxes returned are 0-based. Rows with NaN or without area become NaN.
    Raises InputError for a missing folder or name, and for a sequence whose annotations and frames do not match.
    """
    if not root.is_dir():
        raise InputError(f"dataset folder {root}: does not exist")
    found = {place.name: place for place in find_otb(root, read_list("otb"))}
    if not found:
        raise InputError(
            f"dataset folder {root}: no sequence in OTB layout (NAME/img/*.jpg and NAME/groundtruth_rect.txt)"
        )
    if missing := [name for name in names or [] if name not in found]:
        raise InputError(f"no sequence {', '.join(missing)} in {root}; there are {', '.join(found)}")
    return [read_sequence(found[name]) for name in sorted(names or found)]


def find_otb(root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    """Every target that has boxes, in alphabetical order of the files."""
    places = []
    for file in sorted(root.glob("*/groundtruth_rect*.txt")):
        if file.stem != "groundtruth_rect" and file.is_file() and not file.read_bytes().strip():
            continue  # OTB's Human4 has an empty file for a target that is not annotated
        name = file.parent.name + file.stem.removeprefix("groundtruth_rect")  # 'David', 'Jogging.1'
        # as OTB's list has it, also a folder for one target alone: 'Jogging-1', 'Human4'
        entry = entries.get("Human4.2" if name == "Human4" else re.sub(r"-(\d)$", r".\1", name))
        images = file.parent / "img"
        places.append(Place(name, images, file, partial(_read_otb, images, file, entry), entry))
    return places


def _read_otb(images: Path, annotation: Path, entry: Entry | None) -> Annotated:
    """The annotated frames: OTB has videos that begin before their first box or go on after the last."""
    boxes = clean_boxes(read_boxes(annotation), 1)
    frames = image_files(images)
    if entry and len(frames) > len(boxes):
        frames = [f for f in frames if not f.stem.isdecimal() or int(f.stem) >= entry.frames.start]
    return Annotated(frames[: len(boxes)], boxes)


def find_vid(root: Path, _: Mapping[str, Entry]) -> list[Place]:
    """Every track of every snippet; all annotations are read."""
    places = []
    for folder in snippets(root):
        try:
            found = [read_objects(file) for file in annotations(folder)]
        except InputError as error:
            places.append(faulty(folder.name, folder, folder, error))
            continue
        for track in sorted({track for objects in found for track in objects}):
            read = partial(_read_track, folder, [objects.get(track) for objects in found])
            places.append(Place(f"{folder.name}.{track}", image_of(folder), folder, read, spare=MOST))
    return places


def _read_track(folder: Path, boxes: list[Box | None]) -> Annotated:
    """From the first frame with a box to the last."""
    last = max(number for number, box in enumerate(boxes, 1) if box)
    rows = clean_boxes([box or [np.nan] * 4 for box in boxes[:last]], 0)
    return from_first_box([image_of(file) for file in annotations(folder)[:last]], rows)


def snippets(root: Path) -> list[Path]:
    """Folders of annotations."""
    return sorted({xml.parent for xml in (root / "Annotations" / "VID").rglob("000000.xml")})


@lru_cache(maxsize=512)
def annotations(folder: Path) -> list[Path]:
    """A file for every frame of a snippet, in order."""
    return sorted(folder.glob("*.xml"))


def read_objects(file: Path) -> dict[str, Box]:
    """Boxes by track of one annotated frame (corners, inclusive, 0-based). Raises InputError."""
    found = {}
    try:
        for node in ET.parse(file).iter("object"):  # noqa: S314 (the user's own dataset; expat limits expansion)
            corners = [float(node.findtext(f"bndbox/{name}") or "nan") for name in ("xmin", "ymin", "xmax", "ymax")]
            x, y, right, bottom = corners
            if right > x and bottom > y:
                found[node.findtext("trackid") or "0"] = Box(x, y, right - x + 1, bottom - y + 1)
    except (ET.ParseError, OSError, ValueError) as error:
        raise InputError(f"annotation {file}: cannot be read ({error})") from None
    return found


def image_of(annotation: Path) -> Path:
    """The image of an annotated frame, or the folder of a snippet's."""
    parts = list(annotation.parts)
    parts[len(parts) - 1 - parts[::-1].index("Annotations")] = "Data"
    path = Path(*parts)
    return path.with_suffix(".JPEG") if path.suffix == ".xml" else path
