"""Clips: a video beside the boxes of its targets, NAME.mp4 and NAME.1.txt, NAME.2.txt, or NAME.txt; .csv likewise.

A file may also have several targets, in MOT's lines: NAME.ID each; so do MOTChallenge's own folders.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from glob import escape
from pathlib import Path

import numpy as np

from cfvgg_plugin.datasets.boxes import Boxes, Tracks, read_tracks
from cfvgg_plugin.datasets.entries import Entry, read_list
from cfvgg_plugin.datasets.images import VIDEO_ENDINGS, announced_frames, count_frames
from cfvgg_plugin.datasets.places import Annotated, Place
from cfvgg_plugin.datasets.sequence import Frame, VideoFrame
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.frames import image_files

BOX_ENDINGS = (".csv", ".txt")


@dataclass(frozen=True)
class Target:
    """One target of a video, of which nothing is kept yet."""

    name: str
    """NAME, NAME.K for one of several."""
    media: Path
    """A video, or a folder of frames."""
    annotation: Path
    track: str
    """Its number in a file of several targets; empty for a file of one."""


def find_clips(root: Path, _: Mapping[str, Entry], step: int = 1, light: int | None = None) -> list[Place]:
    """Every target that has boxes, in alphabetical order of the files.

    step: of how many frames one is taken. light: seed of a change of light. Raises InputError for two videos of a name.
    """
    pairs = _pairs(root.iterdir())
    return [place for file, video in pairs for place in _places(file, video, step, light)]


def find_validation(root: Path, _: Mapping[str, Entry], step: int = 1, light: int | None = None) -> list[Place]:
    """The targets of those videos that are for validation; for a video that is not there, a place not present."""
    names = validation_clips()
    pairs = [pair for pair in _pairs(root.iterdir()) if pair[1].stem in names]
    places = [place for file, video in pairs for place in _places(file, video, step, light)]
    nothing = partial(Annotated, [], np.empty((0, 4)))
    missing = sorted(names - {video.stem for _, video in pairs})
    return places + [Place(name, root / f"{name}.mp4", root / f"{name}.1.txt", nothing) for name in missing]


def find_targets(root: Path) -> Iterator[Target]:
    """Every target of a folder of clips and of the folders below it.

    Raises InputError for a box file that cannot be read or is longer than its video, and for two videos of a name; a
    video that cannot be opened is for the reader of its frames to tell.
    """
    for file, video in _pairs(root.rglob("*")):
        boxes = read_tracks(file).boxes
        longest = max(map(len, boxes.values()))
        try:
            announced = announced_frames(video)
        except InputError:
            announced = 0
        if 0 < announced < longest:
            video_frames(video, longest, file, whole=False)
        yield from (Target(_name(file, track), video, file, track) for track in boxes)


def find_mot(root: Path) -> Iterator[Target]:
    """Every target of folders in MOTChallenge's layout, as CVAT exports it, too: SEQ/gt/gt.txt beside SEQ/img1/."""
    for file in sorted(root.rglob("gt/gt.txt")):
        folder = file.parent.parent
        for track in read_tracks(file, _mot_origin(file)).boxes:
            yield Target(f"{folder.name}.{track}", folder / "img1", file, track)


def read_target(target: Target) -> tuple[list[Frame], Boxes]:
    """Frames and boxes of a target up to its last; a video is not opened. Raises InputError."""
    folder = target.media.is_dir()
    boxes = read_tracks(target.annotation, _mot_origin(target.annotation) if folder else 0).boxes[target.track]
    if not folder:
        return [VideoFrame(target.media, number) for number in range(len(boxes))], boxes
    images = image_files(target.media)
    if len(images) < len(boxes):
        raise InputError(f"{len(images)} frames in {target.media} but {len(boxes)} boxes in {target.annotation}")
    return list(images[: len(boxes)]), boxes


def annotations_of(source: Path) -> list[Path]:
    """Files that hold the boxes of a video or a folder of images in any layout, if they are there."""
    folders = [source, source.parent] if source.is_dir() else [source.parent]
    names = ("groundtruth_rect*.txt", "groundtruth.txt", "gt.txt", "gt/gt.txt", f"{escape(source.parent.name)}*_gt.txt")
    found = [file for folder in folders for name in names for file in folder.glob(name)]
    stem = escape(source.name if source.is_dir() else source.stem)
    beside = (source / f"{source.name}.txt", source.parent / f"{source.parent.name}.txt")
    clips = [file for ending in BOX_ENDINGS for file in source.parent.glob(f"{stem}*{ending}")]
    return [*found, *beside, *(file for file in clips if source.is_file() and _is_of(file, source))]


def _is_of(file: Path, video: Path) -> bool:
    """Whether a file is NAME.txt or NAME.K.txt of the video NAME."""
    return video.stem in {file.stem, file.with_suffix("").stem}


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


def _pairs(files: Iterator[Path]) -> list[tuple[Path, Path]]:
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


def _name(file: Path, track: str) -> str:
    return f"{file.stem}.{track}" if track else file.stem


def _places(file: Path, video: Path, step: int, light: int | None) -> list[Place]:
    """A place for each target of a file; one that tells what is wrong with a file that cannot be read."""
    try:
        tracks = read_tracks(file)
    except InputError as error:
        return [Place(file.stem, video, file, partial(_tell, error), light=light)]
    return [
        Place(_name(file, track), video, file, partial(_annotated, video, file, tracks, track, step), light=light)
        for track in tracks.boxes
    ]


def _tell(error: InputError) -> Annotated:
    raise error


def _annotated(video: Path, annotation: Path, tracks: Tracks, track: str, step: int) -> Annotated:
    """From the first frame with a box on, every `step`-th."""
    boxes = tracks.boxes[track]
    frames = video_frames(video, len(boxes), annotation, whole=not tracks.numbered)
    known = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    if not len(known):
        raise InputError(f"{annotation}: no frame has a box")
    return Annotated(frames[known[0] :: step], boxes[known[0] :: step])


def _mot_origin(annotation: Path) -> int:
    """MOTChallenge counts pixels from 1; CVAT, whose exports have a file of labels, from 0."""
    return 0 if annotation.with_name("labels.txt").is_file() else 1
