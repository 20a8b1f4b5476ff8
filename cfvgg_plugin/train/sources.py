"""Training data: which frames show the same target, in the layouts that people have on disk.

A source is listed once; what lies in folders is read when a pair is drawn from it, so that a million annotations cost
nothing at the start.
"""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.datasets.benchmarks import find_below
from cfvgg_plugin.datasets.clips import find_mot, find_unopened, validation_clips, video_frames
from cfvgg_plugin.datasets.known import find_dataset
from cfvgg_plugin.datasets.layouts import annotations, image_of, read_objects, snippets
from cfvgg_plugin.datasets.sequence import Annotated, Frame, Place, read_sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.train.recipe import Source
from cfvgg_plugin.train.videos import length_of, load_place
from cfvgg_plugin.video.frames import IMAGE_ENDINGS, image_files

TARGETS = Path(__file__).with_name("targets.csv")
"""Boxes that were drawn for this project in videos that have none of their own."""


@dataclass(frozen=True)
class View:
    """A frame and the target in it; no box where the data has none."""

    file: Frame
    box: Box | None


Views = tuple[View, View] | None


@dataclass(frozen=True)
class Clip:
    """A target of a video, a snippet of VID with all its targets, or an image without boxes."""

    layout: str
    place: Place

    @property
    def name(self) -> str:
        """By which a recipe includes or excludes it."""
        return self.place.name


def list_clips(source: Source, root: Path, validation: bool = False) -> list[Clip]:
    """Every clip of a source, in a fixed order. Raises InputError for a missing folder and where nothing is left.

    Of layout `clips`, videos that the package's list keeps for validation are left out; with `validation` they alone
    are listed, where the folder has any.
    """
    if source.layout not in LAYOUTS:
        raise InputError(f"source {root}: layout {source.layout!r}: one of {', '.join(LAYOUTS)} is expected")
    if not root.is_dir():
        raise InputError(f"training data {root}: the folder does not exist")
    places = LAYOUTS[source.layout](root)
    if fault := next((place.fault for place in places if place.fault), None):
        raise fault
    clips = [
        clip
        for clip in _split([Clip(source.layout, place) for place in places], validation)
        if (not source.include or _matches(clip.name, source.include)) and not _matches(clip.name, source.exclude)
    ]
    if not clips:
        raise InputError(f"training data {root}: nothing in it of layout {source.layout!r} that the recipe includes")
    return clips


def _split(clips: list[Clip], validation: bool) -> list[Clip]:
    kept = [clip for clip in clips if clip.layout == "clips" and clip.place.images.stem in validation_clips()]
    if validation:
        return kept or clips
    return [clip for clip in clips if clip not in kept]


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def draw_views(clip: Clip, gap: int, rng: np.random.Generator) -> Views:
    """Two frames of a clip, at most `gap` apart, that show the same target; None where this draw found none."""
    if clip.layout == "images":
        return View(clip.place.images, None), View(clip.place.images, None)
    return _draw_snippet(clip, gap, rng) if clip.layout == "vid" else _draw_target(clip, gap, rng)


def _draw_target(clip: Clip, gap: int, rng: np.random.Generator) -> Views:
    """Boxes without area or with NaN mark frames without the target."""
    frames, boxes = load_place(clip.place)
    shown = np.flatnonzero(np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] >= 1).all(axis=1))
    if not len(shown):
        return None
    first = rng.choice(shown)
    second = rng.choice(shown[abs(shown - first) <= gap])
    return View(frames[first], Box(*boxes[first])), View(frames[second], Box(*boxes[second]))


def _draw_snippet(clip: Clip, gap: int, rng: np.random.Generator) -> Views:
    files = annotations(clip.place.annotation)
    first = int(rng.integers(len(files)))
    objects = read_objects(files[first])
    if not objects:
        return None
    track = sorted(objects)[int(rng.integers(len(objects)))]
    second = int(rng.integers(max(first - gap, 0), min(first + gap + 1, len(files))))
    other = read_objects(files[second])
    if track not in other:
        return None
    return View(image_of(files[first]), objects[track]), View(image_of(files[second]), other[track])


def stamp(clip: Clip) -> str:
    """What tells a clip from one of other content: the state of its files."""
    facts = [clip.layout, clip.name]
    for path in (clip.place.images, clip.place.annotation):
        try:
            state = path.stat()
            facts += [str(path.resolve()), str(state.st_size), str(state.st_mtime_ns)]
        except OSError:
            facts.append(str(path))
    return "\n".join(facts)


def _list_otb(root: Path) -> list[Place]:
    """Raises InputError for a damaged sequence."""
    places = find_dataset("otb", root).places
    for place in places:
        read_sequence(place)
    return list(places)


def _list_targets(root: Path) -> list[Place]:
    return [
        Place(f"{video}.{target}", folder, TARGETS, partial(_read_target, folder, boxes))
        for (video, target), boxes in _targets().items()
        if (folder := root / video / "img").is_dir()
    ]


@lru_cache(maxsize=1)
def _targets() -> dict[tuple[str, str], dict[int, list[float]]]:
    """Boxes by frame (counted from 1) of every (video, target) of the package's list; 0-based x, y, w, h."""
    targets: dict[tuple[str, str], dict[int, list[float]]] = {}
    with TARGETS.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            boxes = targets.setdefault((row["video"], row["target"]), {})
            boxes[int(row["frame"])] = [float(row[name]) for name in "xywh"]
    return targets


def _read_target(folder: Path, listed: Mapping[int, list[float]]) -> Annotated:
    frames = image_files(folder)
    if len(frames) < max(listed):
        raise InputError(f"training video {folder}: {len(frames)} frames but a box in frame {max(listed)}")
    boxes = np.full((len(frames), 4), np.nan)
    boxes[np.array(list(listed)) - 1] = list(listed.values())
    return Annotated(frames, boxes)


def _list_clips(root: Path) -> list[Place]:
    """Raises InputError for boxes beyond the end of a video; one that cannot be opened is for its decoder to tell."""
    places = find_unopened(root)
    for place in places:
        boxes = len(place.read().boxes)
        if 0 < length_of(place.images) < boxes:
            video_frames(place.images, boxes, place.annotation, whole=False)
    return places


def _list_snippets(root: Path) -> list[Place]:
    return [Place(folder.name, image_of(folder), folder) for folder in snippets(root)]


def _list_images(root: Path) -> list[Place]:
    files = sorted(file for file in root.rglob("*") if file.suffix.lower() in IMAGE_ENDINGS)
    shown = [file for file in files if not file.name.startswith(".")]
    return [Place(file.relative_to(root).as_posix(), file, file) for file in shown]


LAYOUTS: Mapping[str, Callable[[Path], list[Place]]] = {
    "otb": _list_otb,
    "targets": _list_targets,
    "got10k": partial(find_below, images="", hidden=("absence.label",)),
    "lasot": partial(find_below, images="img", hidden=("full_occlusion.txt", "out_of_view.txt")),
    "vid": _list_snippets,
    "clips": _list_clips,
    "mot": partial(find_mot, _={}),
    "images": _list_images,
}
