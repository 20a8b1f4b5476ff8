"""Clips: a video beside the boxes of its targets, NAME.mp4 and NAME.1.txt, NAME.2.txt, or NAME.txt; .csv likewise.

A file may also have several targets, in MOT's lines: NAME.ID each; so do MOTChallenge's own folders.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from glob import escape
from pathlib import Path

import numpy as np

from cfvgg_plugin.datasets.boxes import MOST, Tracks, read_tracks
from cfvgg_plugin.datasets.images import VIDEO_ENDINGS, announced_frames, count_frames
from cfvgg_plugin.datasets.sequence import (
    Annotated,
    Entry,
    Place,
    VideoFrame,
    faulty,
    first_images,
    from_first_box,
    read_list,
)
from cfvgg_plugin.errors import InputError

BOX_ENDINGS = (".csv", ".txt")
TrackReader = Callable[[Path, Path, Tracks, str], Annotated]
"""Of a video or folder of images, a file of boxes, what stands in it, and which target."""


def find_clips(root: Path, _: Mapping[str, Entry]) -> list[Place]:
    """Every target that has boxes, in alphabetical order of the files. Raises InputError for two videos of a name."""
    return _clips(_pairs(root.iterdir()), partial(_read, 1))


def find_validation(root: Path, _: Mapping[str, Entry], step: int = 1, light: int | None = None) -> list[Place]:
    """The targets of those videos that are for validation; for a video that is not there, a place not present.

    step: of how many frames one is taken. light: seed of a change of light.
    """
    names = validation_clips()
    places = _clips([pair for pair in _pairs(root.iterdir()) if pair[1].stem in names], partial(_read, step), light)
    missing = sorted(names - {place.images.stem for place in places})
    return places + [Place(name, root / f"{name}.mp4", root / f"{name}.1.txt") for name in missing]


def find_unopened(root: Path) -> list[Place]:
    """Every target of a folder and of the folders below it; whether a video can be read shows when it is decoded."""
    return _clips(_pairs(root.rglob("*")), _read_unopened)


def find_mot(root: Path, _: Mapping[str, Entry]) -> list[Place]:
    """Every target of folders in MOTChallenge's layout, as CVAT exports it, too: SEQ/gt/gt.txt beside SEQ/img1/."""
    places = []
    for file in sorted(root.rglob("gt/gt.txt")):
        folder = file.parent.parent
        origin = 0 if file.with_name("labels.txt").is_file() else 1  # CVAT, whose exports have labels, counts from 0
        places += _places(folder.name, folder / "img1", file, _read_mot, origin)
    return places


def annotations_of(source: Path) -> list[Path]:
    """Files that hold the boxes of a video or a folder of images in any layout, if they are there."""
    folders = [source, source.parent] if source.is_dir() else [source.parent]
    names = ("groundtruth_rect*.txt", "groundtruth.txt", "gt.txt", "gt/gt.txt", f"{escape(source.parent.name)}*_gt.txt")
    found = [file for folder in folders for name in names for file in folder.glob(name)]
    stem = escape(source.name if source.is_dir() else source.stem)
    beside = (source / f"{source.name}.txt", source.parent / f"{source.parent.name}.txt")
    clips = [file for ending in BOX_ENDINGS for file in source.parent.glob(f"{stem}*{ending}") if source.is_file()]
    return [*found, *beside, *(file for file in clips if source.stem in {file.stem, file.with_suffix("").stem})]


def validation_clips() -> frozenset[str]:
    """Names of the videos that are for validation and never trained on."""
    return frozenset(read_list("clips"))


def video_frames(video: Path, boxes: int, annotation: Path, whole: bool = True) -> list[VideoFrame]:
    """The frames of a video that has so many boxes. Raises InputError where it has too few frames.

    whole: nor may it have more. Frames are only counted where the file itself announces a number that will not do, as
    many a sound one does.
    """
    frames = announced_frames(video)
    if frames < boxes or (whole and frames != boxes):
        frames = count_frames(video)
    if frames < boxes or (whole and frames != boxes):
        expected = "; one a frame is expected" if whole else ""
        raise InputError(f"{frames} frames in {video} but {boxes} boxes in {annotation}{expected}")
    return [VideoFrame(video, number) for number in range(boxes)]


def _pairs(files: Iterable[Path]) -> list[tuple[Path, Path]]:
    """Box files NAME.txt and NAME.K.txt, each with its video NAME.mp4; in alphabetical order."""
    shown = sorted(path for path in files if not path.name.startswith(".") and path.is_file())
    videos: dict[Path, Path] = {}
    for path in shown:
        if path.suffix.lower() in VIDEO_ENDINGS and (other := videos.setdefault(path.with_suffix(""), path)) != path:
            raise InputError(f"{path.parent}: {other.name} and {path.name} have the same name; keep one")
    pairs = []
    for file in shown:
        stem = file.with_suffix("")
        video = videos.get(stem) or videos.get(stem.with_suffix(""))
        if video and file.suffix.lower() in BOX_ENDINGS:
            pairs.append((file, video))
    return pairs


def _clips(pairs: list[tuple[Path, Path]], read: TrackReader, light: int | None = None) -> list[Place]:
    places = [_places(file.stem, video, file, read) for file, video in pairs]
    return [replace(place, light=light) for found in places for place in found]


def _places(name: str, media: Path, file: Path, read: TrackReader, origin: int = 0) -> list[Place]:
    """A place for each target of a file; one that tells what is wrong with a file that cannot be read."""
    try:
        tracks = read_tracks(file, origin)
    except InputError as error:
        return [faulty(name, media, file, error)]
    return [
        Place(f"{name}.{track}" if track else name, media, file, partial(read, media, file, tracks, track), spare=MOST)
        for track in tracks.boxes
    ]


def _read(step: int, video: Path, annotation: Path, tracks: Tracks, track: str) -> Annotated:
    """From the first frame with a box on, every `step`-th."""
    boxes = tracks.boxes[track]
    frames = video_frames(video, len(boxes), annotation, whole=not tracks.numbered)
    if not np.isfinite(boxes).all(axis=1).any():
        raise InputError(f"{annotation}: no frame has a box")
    return from_first_box(frames, boxes, step)


def _read_unopened(video: Path, annotation: Path, tracks: Tracks, track: str) -> Annotated:
    boxes = tracks.boxes[track]
    return Annotated([VideoFrame(video, number) for number in range(len(boxes))], boxes)


def _read_mot(images: Path, annotation: Path, tracks: Tracks, track: str) -> Annotated:
    boxes = tracks.boxes[track]
    return from_first_box(first_images(images, boxes, annotation), boxes)
