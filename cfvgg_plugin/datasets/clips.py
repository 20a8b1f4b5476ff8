"""Clips: a video beside the boxes of its targets, NAME.mp4 and NAME.1.txt, NAME.2.txt, or NAME.txt; .csv likewise."""

import csv
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.entries import Entry, read_list
from cfvgg_plugin.datasets.images import VIDEO_ENDINGS, announced_frames, count_frames
from cfvgg_plugin.datasets.otb import read_boxes
from cfvgg_plugin.datasets.places import Annotated, Place, clean_boxes
from cfvgg_plugin.datasets.sequence import VideoFrame
from cfvgg_plugin.errors import InputError

BOX_ENDINGS = (".csv", ".txt")


def find_clips(root: Path, _: Mapping[str, Entry], step: int = 1, light: int | None = None) -> list[Place]:
    """Every target that has boxes, in alphabetical order of the files.

    step: of how many frames one is taken. light: seed of a change of light. Raises InputError for two videos of a name.
    """
    videos: dict[str, Path] = {}
    for video in sorted(root.iterdir()):
        if video.suffix.lower() not in VIDEO_ENDINGS or video.name.startswith("."):
            continue
        if video.stem in videos:
            raise InputError(f"{root}: {videos[video.stem].name} and {video.name} have the same name; keep one")
        videos[video.stem] = video
    places = []
    for file in sorted(root.iterdir()):
        shown = _video_of(file, videos) if file.suffix.lower() in BOX_ENDINGS else None
        if shown is not None:
            places.append(Place(file.stem, shown, file, partial(_read, shown, file, step), light=light))
    return places


def find_validation(root: Path, entries: Mapping[str, Entry], step: int = 1, light: int | None = None) -> list[Place]:
    """The targets of those videos that are for validation; for a video that is not there, a place not present."""
    places = [place for place in find_clips(root, entries, step, light) if place.images.stem in validation_clips()]
    missing = validation_clips() - {place.images.stem for place in places}
    nothing = partial(Annotated, [], np.empty((0, 4)))
    return places + [Place(name, root / f"{name}.mp4", root / f"{name}.1.txt", nothing) for name in sorted(missing)]


def validation_clips() -> frozenset[str]:
    """Names of the videos that are for validation and never trained on."""
    return frozenset(read_list("clips"))


def read_clip_boxes(file: Path) -> NDArray[np.float64]:
    """Boxes (N, 4) of a target, 0-based, a row a frame of its video; NaN where unknown or without area.

    A file with a header is what `cfvgg track --boxes` writes as .csv; a frame that is `lost` there, or left out, is
    unknown. Raises InputError.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read as boxes ({error})") from None
    head = [word.strip().lower() for word in lines[0].split(",")] if lines else []
    if not {"x", "y", "w", "h"} <= set(head):
        return clean_boxes(read_boxes(file), 0)
    numbers: list[int] = []
    boxes = []
    for at, row in enumerate(csv.DictReader(lines[1:], head), 2):
        try:
            number = int(row.get("frame") or at - 2)
            box = [float(row[side]) for side in "xywh"]
            lost = float(row.get("lost") or 0)
        except (TypeError, ValueError):
            raise InputError(f"{file}: line {at} is not of the columns {','.join(head)}") from None
        if number <= (numbers[-1] if numbers else -1):
            raise InputError(f"{file}: line {at} is of frame {number}; frames are expected to rise from 0")
        numbers.append(number)
        boxes.append([np.nan] * 4 if lost else box)
    if not boxes:
        raise InputError(f"{file}: no boxes in it")
    rows = np.full((numbers[-1] + 1, 4), np.nan)
    rows[numbers] = boxes
    return clean_boxes(rows, 0)


def video_frames(video: Path, boxes: int, annotation: Path) -> list[VideoFrame]:
    """All frames of a video that has so many boxes. Raises InputError where it has another number of frames.

    Frames are only counted where the file itself announces another number, as many a sound one does.
    """
    frames = announced_frames(video)
    if frames != boxes:
        frames = count_frames(video)
    if frames != boxes:
        raise InputError(f"{frames} frames in {video} but {boxes} boxes in {annotation}; one a frame is expected")
    return [VideoFrame(video, number) for number in range(frames)]


def _video_of(file: Path, videos: Mapping[str, Path]) -> Path | None:
    """The video that NAME.txt or NAME.K.txt goes with."""
    return videos.get(file.stem) or videos.get(re.sub(r"\.\d+$", "", file.stem))


def _read(video: Path, annotation: Path, step: int) -> Annotated:
    """From the first frame with a box on, every `step`-th."""
    boxes = read_clip_boxes(annotation)
    frames = video_frames(video, len(boxes), annotation)
    known = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    if not len(known):
        raise InputError(f"{annotation}: no frame has a box")
    return Annotated(frames[known[0] :: step], boxes[known[0] :: step])
