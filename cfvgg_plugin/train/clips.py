"""Videos beside the boxes of their targets, and folders of frames with MOTChallenge's text: the data of one's own."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.frames import image_files
from cfvgg_plugin.train.videos import VIDEO_ENDINGS, Frame, VideoFrame, announced_frames, count_frames, kept

BOX_ENDINGS = (".csv", ".txt")
VALIDATION = Path(__file__).parent.parent / "datasets" / "lists" / "clips.csv"
"""Names of the videos that are for validation: never trained on."""

Boxes = NDArray[np.float64]
Tracked = tuple[tuple[Frame, ...], Boxes]
"""Frames, and boxes (N, 4), 0-based, NaN where there is none."""


@dataclass(frozen=True)
class Target:
    """One target of a video."""

    name: str
    """NAME, NAME.K for one of several."""
    media: Path
    """A video, or a folder of frames."""
    annotation: Path
    track: str
    """Its number in a file of several targets; empty for a file of one."""


@lru_cache(maxsize=1)
def validation_clips() -> frozenset[str]:
    """Names of videos without ending."""
    lines = VALIDATION.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return frozenset(row["name"] for row in rows if row["split"] == "validation")


def find_targets(root: Path) -> Iterator[Target]:
    """Every target of a folder of videos: NAME.mp4 with NAME.txt or NAME.K.txt, or .csv; folders below it too.

    Raises InputError for a box file that cannot be read or is longer than its video, and for two videos of a name.
    """
    files = sorted(path for path in root.rglob("*") if not path.name.startswith("."))
    videos: dict[Path, Path] = {}
    for path in files:
        if path.suffix.lower() in VIDEO_ENDINGS and videos.setdefault(path.with_suffix(""), path) != path:
            raise InputError(f"{path}: {videos[path.with_suffix('')].name} has the same name beside it; keep one")
    for file in files:
        if file.suffix.lower() not in BOX_ENDINGS:
            continue
        stem = file.with_suffix("")
        video = videos.get(stem) or videos.get(stem.with_name(re.sub(r"\.[^.]+$", "", stem.name)))
        if video is None:
            continue
        tracks = read_tracks(file, 0)
        _check_length(video, file, max(len(boxes) for boxes in tracks.values()))
        for track in tracks:
            yield Target(f"{file.stem}.{track}" if track else file.stem, video, file, track)


def find_mot(root: Path) -> Iterator[Target]:
    """Every target of folders in MOTChallenge's layout, as CVAT exports it, too: SEQ/gt/gt.txt beside SEQ/img1/."""
    for file in sorted(root.rglob("gt/gt.txt")):
        folder = file.parent.parent
        for track in read_tracks(file, _mot_origin(file)):
            yield Target(f"{folder.name}.{track}", folder / "img1", file, track)


@lru_cache(maxsize=512)
def load_target(target: Target) -> Tracked:
    """Frames and boxes of a target; of a long video only those frames have boxes that are used (`videos.kept`)."""
    if target.media.is_dir():
        boxes = read_tracks(target.annotation, _mot_origin(target.annotation))[target.track]
        images = image_files(target.media)
        if len(images) < len(boxes):
            raise InputError(
                f"boxes {target.annotation}: reach frame {len(boxes)}, but {target.media} has {len(images)} frames"
            )
        return tuple(images[: len(boxes)]), boxes
    boxes = read_tracks(target.annotation, 0)[target.track].copy()
    count = announced_frames(target.media)
    for number in range(len(boxes)):
        if not kept(number, count):
            boxes[number] = np.nan
    return tuple(VideoFrame(target.media, number) for number in range(len(boxes))), boxes


def read_tracks(path: Path, origin: int) -> dict[str, Boxes]:
    """Boxes (N, 4) by target, 0-based, a row a frame of the video from its first; NaN where there is none.

    Three forms are known by themselves: x,y,w,h a frame; the table with a header that `cfvgg track --boxes` writes as
    .csv, where a lost frame has no box; and MOT's frame,id,x,y,w,h,confidence,..., frames from 1, where confidence 0
    means to be ignored. origin: the first pixel's coordinate in MOT's form. A file of one target has the key "".
    Raises InputError, naming the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"boxes {path}: cannot be read ({error})") from None
    while lines and not lines[-1].strip():
        lines.pop()
    head = [word.strip().lower() for word in lines[0].split(",")] if lines else []
    if "frame" in head or "x" in head:
        return {"": _read_table(path, head, lines[1:])}
    rows = [_numbers(path, number, line) for number, line in enumerate(lines, 1)]
    if not rows:
        raise InputError(f"boxes {path}: no boxes in it")
    if all(len(row) == 4 for row in rows):
        return {"": np.array(rows)}
    if all(len(row) >= 6 for row in rows):
        return _read_mot(path, rows, origin)
    bad = next(i for i, row in enumerate(rows, 1) if len(row) != len(rows[0]) or not (len(row) == 4 or len(row) >= 6))
    raise InputError(
        f"boxes {path}: line {bad} has {len(rows[bad - 1])} numbers; x,y,w,h or frame,id,x,y,w,h,... is expected"
    )


def _numbers(path: Path, number: int, line: str) -> list[float]:
    try:
        return [float(word) for word in re.split(r"[,;\s]+", line.strip())]
    except ValueError:
        raise InputError(f"boxes {path}: line {number}: numbers are expected, not {line.strip()[:60]!r}") from None


def _read_table(path: Path, head: list[str], lines: list[str]) -> Boxes:
    if missing := [name for name in ("frame", "x", "y", "w", "h") if name not in head]:
        raise InputError(f"boxes {path}: has no column {missing[0]}; frame,x,y,w,h is expected")
    found: dict[int, list[float]] = {}
    for number, row in enumerate(csv.DictReader(lines, head), 2):
        try:
            frame, lost = int(row["frame"]), float(row.get("lost") or 0)
            box = [float(row[name]) for name in ("x", "y", "w", "h")]
        except (TypeError, ValueError):
            raise InputError(f"boxes {path}: line {number}: a number is missing in columns frame,x,y,w,h") from None
        if frame < 0:
            raise InputError(f"boxes {path}: line {number}: frame {frame}; they are counted from 0")
        found[frame] = [np.nan] * 4 if lost else box
    if not found:
        raise InputError(f"boxes {path}: no boxes in it")
    return _in_order(found)


def _read_mot(path: Path, rows: list[list[float]], origin: int) -> dict[str, Boxes]:
    tracks: dict[int, dict[int, list[float]]] = {}
    for number, row in enumerate(rows, 1):
        frame, track = row[0], row[1]
        if not (frame.is_integer() and frame >= 1 and track.is_integer()):
            raise InputError(f"boxes {path}: line {number}: frame {frame:g}, id {track:g}; frames are counted from 1")
        if len(row) == 6 or row[6] != 0:
            x, y, w, h = row[2:6]
            tracks.setdefault(int(track), {})[int(frame) - 1] = [x - origin, y - origin, w, h]
    if not tracks:
        raise InputError(f"boxes {path}: all of its boxes are to be ignored (confidence 0)")
    return {str(track): _in_order(tracks[track]) for track in sorted(tracks)}


def _in_order(found: dict[int, list[float]]) -> Boxes:
    boxes = np.full((max(found) + 1, 4), np.nan)
    boxes[list(found)] = list(found.values())
    return boxes


def _mot_origin(annotation: Path) -> int:
    """MOTChallenge counts pixels from 1; CVAT, whose exports have a file of labels, from 0."""
    return 0 if annotation.with_name("labels.txt").is_file() else 1


def _check_length(video: Path, annotation: Path, boxes: int) -> None:
    """Raise InputError for boxes beyond the video's end; one that cannot be opened is passed over as it is drawn."""
    announced = announced_frames(video)
    if 0 < announced < boxes and (frames := count_frames(video)) < boxes:  # many a sound file announces too few
        raise InputError(f"boxes {annotation}: reach frame {boxes}, but {video} has {frames} frames")
