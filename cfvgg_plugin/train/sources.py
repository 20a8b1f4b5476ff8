"""Training data: which frames show the same target, in the layouts that people have on disk.

A source is listed once, by folder; boxes are read when a pair is drawn from it, so that a million annotations cost
nothing at the start.
"""

import csv
import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.datasets.boxes import read_boxes, read_rows
from cfvgg_plugin.datasets.clips import Target, find_mot, find_targets, validation_clips
from cfvgg_plugin.datasets.otb import load_otb
from cfvgg_plugin.datasets.sequence import Frame
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.frames import IMAGE_ENDINGS, image_files
from cfvgg_plugin.train.recipe import Source
from cfvgg_plugin.train.videos import load_target

TARGETS = Path(__file__).with_name("targets.csv")
"""Boxes that were drawn for this project in videos that have none of their own."""


@dataclass(frozen=True)
class View:
    """A frame and the target in it; no box where the data has none."""

    file: Frame
    box: Box | None


@dataclass(frozen=True)
class Clip:
    """One video, or one image without boxes."""

    name: str
    """By which a recipe includes or excludes it."""
    path: Path
    layout: str
    target: Target | None = None
    """Of layouts clips and mot."""


def list_clips(source: Source, root: Path, validation: bool = False) -> list[Clip]:
    """Every clip of a source, in a fixed order. Raises InputError for a missing folder and where nothing is left.

    Of layout `clips`, videos that the package's list keeps for validation are left out; with `validation` they alone
    are listed, where the folder has any.
    """
    if source.layout not in LAYOUTS:
        raise InputError(f"source {root}: layout {source.layout!r}: one of {', '.join(LAYOUTS)} is expected")
    if not root.is_dir():
        raise InputError(f"training data {root}: the folder does not exist")
    clips = [
        clip
        for clip in _split(list(LAYOUTS[source.layout].list(root)), validation)
        if (not source.include or _matches(clip.name, source.include)) and not _matches(clip.name, source.exclude)
    ]
    if not clips:
        raise InputError(f"training data {root}: nothing in it of layout {source.layout!r} that the recipe includes")
    return clips


def _split(clips: list[Clip], validation: bool) -> list[Clip]:
    """The clips that are for validation, or the others."""
    kept = [c for c in clips if c.target and c.layout == "clips" and c.target.media.stem in validation_clips()]
    if validation:
        return kept or clips
    return [clip for clip in clips if clip not in kept]


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def draw_views(clip: Clip, gap: int, rng: np.random.Generator) -> tuple[View, View] | None:
    """Two frames of a clip, at most `gap` apart, that show the same target; None where this draw found none."""
    return LAYOUTS[clip.layout].draw(clip, gap, rng)


@dataclass(frozen=True)
class Layout:
    """How a kind of dataset is listed and read."""

    list: Callable[[Path], Iterator[Clip]]
    draw: Callable[[Clip, int, np.random.Generator], tuple[View, View] | None]


def _draw_boxes(
    frames: tuple[Frame, ...], boxes: NDArray[np.float64], gap: int, rng: np.random.Generator
) -> tuple[View, View] | None:
    """Two frames of a list with one box each; boxes without area or with NaN mark frames without the target."""
    usable = np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] >= 1).all(axis=1)
    shown = np.flatnonzero(usable)
    if not len(shown):
        return None
    first = rng.choice(shown)
    second = rng.choice(shown[abs(shown - first) <= gap])
    return View(frames[first], Box(*boxes[first])), View(frames[second], Box(*boxes[second]))


def _list_otb(root: Path) -> Iterator[Clip]:
    for name in _otb(root):
        yield Clip(name, root, "otb")


@lru_cache(maxsize=4)
def _otb(root: Path) -> dict[str, tuple[tuple[Frame, ...], NDArray[np.float64]]]:
    return {s.name: (s.frames, s.boxes) for s in load_otb(root)}


def _draw_sequence(clip: Clip, gap: int, rng: np.random.Generator) -> tuple[View, View] | None:
    return _draw_boxes(*sequence_of(clip), gap, rng)


def _list_targets(root: Path) -> Iterator[Clip]:
    for video, target in _targets():
        if (root / video / "img").is_dir():
            yield Clip(f"{video}.{target}", root / video, "targets")


@lru_cache(maxsize=1)
def _targets() -> dict[tuple[str, str], dict[int, list[float]]]:
    """Boxes by frame (counted from 1) of every (video, target) of the package's list; 0-based x, y, w, h."""
    targets: dict[tuple[str, str], dict[int, list[float]]] = {}
    with TARGETS.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            boxes = targets.setdefault((row["video"], row["target"]), {})
            boxes[int(row["frame"])] = [float(row[name]) for name in "xywh"]
    return targets


@lru_cache(maxsize=512)
def _target(video: Path, target: str) -> tuple[tuple[Path, ...], NDArray[np.float64]]:
    frames, listed = image_files(video / "img"), _targets()[video.name, target]
    if len(frames) < max(listed):
        raise InputError(f"training video {video}: {len(frames)} frames but a box in frame {max(listed)}")
    boxes = np.full((len(frames), 4), np.nan)
    for number, box in listed.items():
        boxes[number - 1] = box
    return tuple(frames), boxes


def sequence_of(clip: Clip) -> tuple[tuple[Frame, ...], NDArray[np.float64]]:
    """Frames and boxes (N, 4), 0-based, NaN where there is none, of a clip of layout otb, targets, clips or mot."""
    if clip.target is not None:
        return load_target(clip.target)
    if clip.layout == "targets":
        return _target(clip.path, clip.name.removeprefix(f"{clip.path.name}."))
    return _otb(clip.path)[clip.name]


def stamp(clip: Clip) -> str:
    """What tells a clip from one of other content: its boxes where they are at hand, and the state of its files."""
    facts = [clip.layout, clip.name]
    for path in (clip.path, clip.target.annotation if clip.target else clip.path):
        try:
            state = path.stat()
            facts += [str(path.resolve()), str(state.st_size), str(state.st_mtime_ns)]
        except OSError:
            facts.append(str(path))
    if clip.layout in {"otb", "targets"}:
        frames, boxes = sequence_of(clip)
        facts += [str(frames[0]), hashlib.sha256(boxes.tobytes()).hexdigest()]
    return "\n".join(facts)


def _list_targets_of(find: Callable[[Path], Iterator[Target]], layout: str) -> Callable[[Path], Iterator[Clip]]:
    def list_(root: Path) -> Iterator[Clip]:
        for target in find(root):
            yield Clip(target.name, target.media, layout, target)

    return list_


def _list_folders(pattern: str, layout: str) -> Callable[[Path], Iterator[Clip]]:
    def list_(root: Path) -> Iterator[Clip]:
        for annotation in sorted(root.glob(pattern)):
            yield Clip(annotation.parent.name, annotation.parent, layout)

    return list_


@lru_cache(maxsize=512)
def _folder(path: Path, images: str, hidden: tuple[str, ...]) -> tuple[tuple[Path, ...], NDArray[np.float64]]:
    """Frames and 0-based boxes of GOT-10k's and LaSOT's folders; NaN where a file of `hidden` says 1."""
    boxes = read_boxes(path / "groundtruth.txt")
    frames = image_files(path / images)
    if len(frames) < len(boxes):
        raise InputError(f"training video {path}: {len(frames)} frames but {len(boxes)} boxes")
    boxes[:, :2] -= 1
    for name in hidden:
        if (path / name).is_file():
            flags = np.array([value for row in read_rows(path / name).values() for value in row])
            boxes[: len(flags)][flags[: len(boxes)] > 0] = np.nan
    return tuple(frames[: len(boxes)]), boxes


def _draw_folder(images: str, *hidden: str) -> Callable[[Clip, int, np.random.Generator], tuple[View, View] | None]:
    def draw(clip: Clip, gap: int, rng: np.random.Generator) -> tuple[View, View] | None:
        return _draw_boxes(*_folder(clip.path, images, hidden), gap, rng)

    return draw


def _list_vid(root: Path) -> Iterator[Clip]:
    """ILSVRC-2015 VID: Annotations/VID/SPLIT/.../SNIPPET/*.xml beside Data/VID/SPLIT/.../SNIPPET/*.JPEG."""
    for folder in sorted({xml.parent for xml in (root / "Annotations" / "VID").rglob("000000.xml")}):
        yield Clip(folder.name, folder, "vid")


def _draw_vid(clip: Clip, gap: int, rng: np.random.Generator) -> tuple[View, View] | None:
    files = _annotations(clip.path)
    first = int(rng.integers(len(files)))
    objects = _objects(files[first])
    if not objects:
        return None
    track = sorted(objects)[int(rng.integers(len(objects)))]
    second = int(rng.integers(max(first - gap, 0), min(first + gap + 1, len(files))))
    other = _objects(files[second])
    if track not in other:
        return None
    return View(_vid_image(files[first]), objects[track]), View(_vid_image(files[second]), other[track])


@lru_cache(maxsize=512)
def _annotations(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.xml"))


def _objects(file: Path) -> dict[str, Box]:
    """Boxes by track of one annotated frame (corners, inclusive, 0-based)."""
    try:
        tree = ET.parse(file)  # noqa: S314 (the user's own dataset; expat limits expansion)
    except (ET.ParseError, OSError) as error:
        raise InputError(f"annotation {file}: cannot be read ({error})") from None
    found = {}
    for node in tree.iter("object"):
        corners = [float(node.findtext(f"bndbox/{name}") or "nan") for name in ("xmin", "ymin", "xmax", "ymax")]
        x, y, right, bottom = corners
        if right > x and bottom > y:
            found[node.findtext("trackid") or "0"] = Box(x, y, right - x + 1, bottom - y + 1)
    return found


def _vid_image(annotation: Path) -> Path:
    parts = list(annotation.parts)
    parts[len(parts) - 1 - parts[::-1].index("Annotations")] = "Data"
    return Path(*parts).with_suffix(".JPEG")


def _list_images(root: Path) -> Iterator[Clip]:
    for file in sorted(root.rglob("*")):
        if file.suffix.lower() in IMAGE_ENDINGS and not file.name.startswith("."):
            yield Clip(file.relative_to(root).as_posix(), file, "images")


def _draw_image(clip: Clip, gap: int, rng: np.random.Generator) -> tuple[View, View] | None:
    return View(clip.path, None), View(clip.path, None)


LAYOUTS = {
    "otb": Layout(_list_otb, _draw_sequence),
    "targets": Layout(_list_targets, _draw_sequence),
    "got10k": Layout(_list_folders("**/groundtruth.txt", "got10k"), _draw_folder(".", "absence.label")),
    "lasot": Layout(
        _list_folders("**/groundtruth.txt", "lasot"), _draw_folder("img", "full_occlusion.txt", "out_of_view.txt")
    ),
    "vid": Layout(_list_vid, _draw_vid),
    "clips": Layout(_list_targets_of(find_targets, "clips"), _draw_sequence),
    "mot": Layout(_list_targets_of(find_mot, "mot"), _draw_sequence),
    "images": Layout(_list_images, _draw_image),
}
