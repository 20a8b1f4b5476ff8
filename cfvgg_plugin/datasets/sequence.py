"""A video with its annotation, whatever benchmark it is from: as it is listed, as it lies on disk, as it is read."""

import csv
import re
from collections import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cfvgg_plugin.datasets.staging import Staging
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import exists, reason
from cfvgg_plugin.video.frames import image_files, twice_fault


@dataclass(frozen=True)
class VideoFrame:
    """A frame of a video file."""

    video: Path
    number: int
    """0 for the first."""
    turned: int = 0
    """Pixels by which the picture is turned to the right, like a cylinder (`hard.py`)."""
    staging: Staging | None = None
    """What else is done to the picture (`hard.py`)."""

    def __str__(self) -> str:
        """As messages name it, counted from 1 as those of `cfvgg track` do."""
        return f"{self.video}, frame {self.number + 1}"


Frame = Path | VideoFrame
"""Where a picture is: an image file, or a frame of a video."""


@dataclass(frozen=True)
class Sequence:
    """A video with one annotated target; `images.read_frames` reads its pictures."""

    name: str
    frames: tuple[Frame, ...]
    boxes: NDArray[np.float64]
    """(frames, 4): x, y, w, h, 0-based; NaN where the target is not annotated."""
    attributes: tuple[str, ...] = ()
    """The benchmark's abbreviations of what is difficult here: ("IV", "OCC"). Empty where it states none."""
    absent: NDArray[np.bool_] | None = None
    """(frames,) whether the target is known not to be in the frame; None where the benchmark does not tell that from
    a frame without annotation."""
    light: int | None = None
    """Seed of a change of light that the frames undergo as they are read (`staging.py`); None: they are as they are."""
    group: str = ""
    """Name of the sequence that this one is a run of; empty for one that stands for itself."""
    start: NDArray[np.float64] | None = None
    """(4,) the box that a tracker starts on, where that is not the first of `boxes`."""

    @property
    def given(self) -> NDArray[np.float64]:
        """(4,) the box that a tracker starts on."""
        first: NDArray[np.float64] = self.boxes[0]
        return first if self.start is None else self.start

    @property
    def told(self) -> NDArray[np.intp]:
        """(N,) numbers of the frames after the first that are annotated or known to be without the target."""
        known = np.asarray(np.isfinite(self.boxes).all(axis=1))
        if self.absent is not None:
            known = known | self.absent
        return np.flatnonzero(known[1:]) + 1


@dataclass(frozen=True)
class Dataset:
    """Those sequences of a benchmark that are at hand."""

    name: str
    """As in `--dataset`."""
    title: str
    """As in papers: "OTB-2015"."""
    root: Path
    sequences: tuple[Sequence, ...]
    total: int | None = None
    """Sequences of the whole benchmark; None for a plain folder."""


_LISTS = Path(__file__).parent / "lists"


@dataclass(frozen=True)
class Entry:
    """A sequence as its benchmark lists it."""

    name: str
    folder: str
    """Of its images, where several sequences share one; else the name."""
    frames: range
    """Numbers of the annotated frames, as in their file names; empty where the list does not state them."""
    attributes: tuple[str, ...] = ()
    """The benchmark's abbreviations, in its order."""


@cache
def read_list(file: str, member: str = "", rate: str = "") -> Mapping[str, Entry]:
    """Entries of lists/FILE.csv by name.

    member: a column that must say yes. rate: ending of the columns with the first and last frame ("_10fps").
    """
    lines = (_LISTS / f"{file}.csv").read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return {row["name"]: _entry(row, rate) for row in rows if not member or row[member] == "yes"}


def _entry(row: dict[str, str], rate: str) -> Entry:
    first, last = row.get(f"first{rate}"), row.get(f"last{rate}")
    frames = range(int(first), int(last) + 1) if first and last else range(0)
    attributes = tuple((row.get("attributes") or "").split())
    return Entry(row["name"], row.get("folder") or row["name"], frames, attributes)


class Annotated(NamedTuple):
    """What a sequence's files say; frames and boxes may differ in number."""

    frames: abc.Sequence[Frame]
    """In order."""
    boxes: NDArray[np.float64]
    """(N, 4), 0-based, NaN where the benchmark does not score."""
    absent: NDArray[np.bool_] | None = None
    """(N,) where the target is known not to be in the frame; None where that is not told."""


def nothing() -> Annotated:
    """No frames, no boxes."""
    return Annotated([], np.empty((0, 4)))


@dataclass(frozen=True)
class Place:
    """A sequence on disk, of which nothing has been read yet."""

    name: str
    images: Path
    """Folder of its images, or its video."""
    annotation: Path
    """File of its boxes."""
    read: Callable[[], Annotated] = nothing
    """Raises InputError that names the file at fault. Opens no image. `nothing`: it is not present, or has no boxes."""
    entry: Entry | None = None
    """The benchmark's own; None where its list has no such sequence."""
    numbers: range = range(0)
    """Its part of the images, by the numbers in their names; empty for all of them."""
    spare: int = 0
    """Images without a box that the benchmark itself leaves over."""
    light: int | None = None
    """Seed of a change of light that its frames undergo; None for none."""
    fault: InputError | None = None
    """What `read` raises in any case, known beforehand."""

    @property
    def listed_name(self) -> str:
        """Its name in the benchmark's list, from which a copy's folder may differ; its own without a list."""
        return self.entry.name if self.entry else self.name

    @property
    def present(self) -> bool:
        """Whether there are images and boxes, in whatever state."""
        return exists(self.images) and exists(self.annotation)


def faulty(name: str, images: Path, annotation: Path, error: InputError | OSError) -> Place:
    """A place that tells, when it is read, why it cannot be."""
    fault = error if isinstance(error, InputError) else InputError(f"{error.filename or images}: {reason(error)}")
    return Place(name, images, annotation, partial(_raise, fault), fault=fault)


def _raise(fault: InputError) -> Annotated:
    raise fault


def from_first_box(frames: abc.Sequence[Frame], boxes: NDArray[np.float64], step: int = 1) -> Annotated:
    """From the first frame with a box on, where there is one, every `step`-th."""
    first = int(np.isfinite(boxes).all(axis=1).argmax())
    return Annotated(frames[first::step], boxes[first::step])


def first_images(folder: Path, boxes: NDArray[np.float64], annotation: Path) -> list[Path]:
    """As many images of a folder as there are boxes (N, 4). Raises InputError where there are fewer."""
    images = image_files(folder)
    if len(images) < len(boxes):
        raise InputError(f"{len(images)} frames in {folder} but {len(boxes)} boxes in {annotation}")
    return images[: len(boxes)]


def read_sequence(place: Place) -> Sequence:
    """The sequence; raises InputError for one that no tracker could be run or scored on."""
    frames, boxes, absent = place.read()
    images = [frame for frame in frames if isinstance(frame, Path)]
    numbering = twice_fault(images) or (gap_fault(images) if place.entry else "")  # one's own may have any numbers
    if fault := numbering or count_fault(frames, boxes) or start_fault(boxes):
        raise InputError(f"sequence {place.name}: {fault} in {place.annotation}")
    attributes = place.entry.attributes if place.entry else ()
    return Sequence(place.name, tuple(frames), boxes, attributes, absent, place.light)


def count_fault(frames: abc.Sequence[Frame], boxes: NDArray[np.float64]) -> str:
    """Whether the frames and their boxes (N, 4) differ in number; empty if not."""
    return f"{len(frames)} frames but {len(boxes)} boxes" if len(frames) != len(boxes) else ""


def start_fault(boxes: NDArray[np.float64]) -> str:
    """Whether the first of the boxes (N, 4) is NaN; empty if not."""
    return "the first box is empty or not finite, so no tracker can start" if np.isnan(boxes[0]).any() else ""


def gap_fault(frames: list[Path], numbers: range = range(0)) -> str:
    """Which frames are missing between the first and the last, or of `numbers`; empty if none, or without numbers."""
    there = {frame_number(frame) for frame in frames}
    known = [number for number in there if number is not None]
    if not known or None in there:
        return ""
    missing = [number for number in numbers or range(min(known), max(known) + 1) if number not in there]
    return f"frames missing: {_runs(missing)} ({len(missing)} in all)" if missing else ""


def frame_number(frame: Path) -> int | None:
    """12 of img00012.jpg."""
    digits = re.search(r"\d+$", frame.stem)
    return int(digits[0]) if digits else None


def _runs(numbers: list[int]) -> str:
    """'3, 7-9' of [3, 7, 8, 9]; the first five of them."""
    runs = []
    for _, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        members = [number for _, number in group]
        runs.append(f"{members[0]}-{members[-1]}" if len(members) > 1 else str(members[0]))
    return ", ".join(runs[:5]) + (", ..." if len(runs) > 5 else "")


def clean_boxes(boxes: ArrayLike, first_pixel: int) -> NDArray[np.float64]:
    """Boxes (N, 4), counted from `first_pixel`, as 0-based ones; NaN for a box that is not finite or has no area."""
    cleaned = np.array(boxes, np.float64)
    cleaned[:, :2] -= first_pixel
    cleaned[~np.isfinite(cleaned).all(axis=1) | (cleaned[:, 2:] <= 0).any(axis=1)] = np.nan
    return cleaned
