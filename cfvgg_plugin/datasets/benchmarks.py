"""Sequences of Temple-Color-128, UAV123, LaSOT, NfS, DTB70 and GOT-10k, each in the layout of its authors."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.boxes import MOST, Boxes, read_boxes, read_rows
from cfvgg_plugin.datasets.sequence import Annotated, Entry, Place, clean_boxes, first_images
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import check_name, read_lines
from cfvgg_plugin.video.frames import IMAGE_ENDINGS

Reader = Callable[[Path, Path, Entry | None], tuple[list[Path], Boxes]]
"""Frames and boxes (N, 4) of a folder of images, a file of boxes and the sequence's entry; as they stand, but for NaN
where the benchmark does not score."""


@dataclass(frozen=True)
class Benchmark:
    """Where the files of a sequence lie below the root: {name}, {folder} of its entry, {kind}-NUMBER its name."""

    boxes: str
    images: str
    read: Reader
    first_pixel: int = 1
    spare: int = 0
    """Images without a box, of any sequence."""
    numbered: bool = False
    """Whether the list says which images are the sequence's."""

    def listed(self, root: Path, entries: Mapping[str, Entry]) -> list[Place]:
        """Every sequence of the list, present or not."""
        return self.places(root, entries, entries)

    def found(self, root: Path, entries: Mapping[str, Entry]) -> list[Place]:
        """Every sequence that has a file of boxes."""
        names = {file.relative_to(root).parts[0] for file in root.glob(self.boxes.format(name="*"))}
        return self.places(root, sorted(name for name in names if not name.startswith(".")), entries)

    def places(self, root: Path, names: Iterable[str], entries: Mapping[str, Entry]) -> list[Place]:
        """The sequences of these names, present or not."""
        return [self._place(root, name, entries.get(name)) for name in names]

    def _place(self, root: Path, name: str, entry: Entry | None) -> Place:
        words = {"name": name, "folder": entry.folder if entry else name, "kind": name.rpartition("-")[0]}
        images, file = root / self.images.format(**words), root / self.boxes.format(**words)
        numbers = entry.frames if entry and self.numbered else range(0)
        return Place(name, images, file, partial(self._read, images, file, entry), entry, numbers, self.spare)

    def _read(self, images: Path, file: Path, entry: Entry | None) -> Annotated:
        """Not more frames than the list has: LaSOT's monkey-17 was cut."""
        frames, boxes = self.read(images, file, entry)
        end = len(entry.frames) or None if entry else None
        return Annotated(frames[:end], clean_boxes(boxes, self.first_pixel)[:end])


def _jpegs(images: Path) -> list[Path]:
    return sorted(file for file in images.glob("*.jpg") if not file.name.startswith("."))


def _read_all(images: Path, file: Path, _: Entry | None) -> tuple[list[Path], Boxes]:
    return _as_many(_jpegs(images), read_boxes(file), images, file)


def _read_lasot(images: Path, file: Path, _: Entry | None) -> tuple[list[Path], Boxes]:
    """LaSOT's toolkit takes out the frames in which the target is fully occluded or out of view."""
    boxes = read_boxes(file)
    for name in ("full_occlusion.txt", "out_of_view.txt"):
        boxes[_flags(file.with_name(name), len(boxes)) != 0] = np.nan
    return _jpegs(images), boxes


def _read_got10k(images: Path, file: Path, _: Entry | None) -> tuple[list[Path], Boxes]:
    """GOT-10k's toolkit takes out the frames whose cover, 0 to 8 eighths of the target, is 0."""
    frames, boxes = _read_all(images, file, None)
    boxes[_flags(file.with_name("cover.label"), len(boxes)) <= 0] = np.nan
    return frames, boxes


def _read_withheld(images: Path, file: Path, _: Entry | None) -> tuple[list[Path], Boxes]:
    """The first box alone is known."""
    frames, boxes = _jpegs(images), read_boxes(file)
    if frames and len(boxes) == 1:
        boxes = np.vstack([boxes, np.full((len(frames) - 1, 4), np.nan)])
    return _as_many(frames, boxes, images, file)


def _read_nfs(images: Path, file: Path, _: Entry | None) -> tuple[list[Path], Boxes]:
    """Lines of the annotation tool VATIC: id, the box's corners, frame, ...; some files have 240 boxes a second.

    Where there is an image or a box more than the other, it is left out.
    """
    rows = []
    for number, line in enumerate(read_lines(file, "boxes"), 1):
        if words := line.split():
            try:
                left, top, right, bottom = map(float, words[1:5])
            except ValueError:
                raise InputError(f"{file}: line {number}: numbers are expected, not {line.strip()[:60]!r}") from None
            rows.append((left, top, right - left, bottom - top))
    frames, boxes = _jpegs(images), np.array(rows).reshape(-1, 4)
    if frames and abs(len(boxes) / len(frames) - 8) < 1:
        boxes = boxes[::8]
    if frames and abs(len(boxes) - len(frames)) == 1:
        frames, boxes = frames[: len(boxes)], boxes[: len(frames)]
    return _as_many(frames, boxes, images, file)


def _read_uav123(images: Path, file: Path, entry: Entry | None) -> tuple[list[Path], Boxes]:
    return _of_numbers(entry.frames if entry else range(0), "{:06d}.jpg", images, file)


def _read_tc128(images: Path, file: Path, _: Entry | None) -> tuple[list[Path], Boxes]:
    """NAME_frames.txt says which numbers the first and the last frame have."""
    span = file.with_name(f"{file.parent.name}_frames.txt")
    numbers = _numbers(span)
    if len(numbers) != 2 or not all(value.is_integer() and 0 <= value <= MOST for value in numbers):
        raise InputError(f"{span}: the numbers of the first and of the last frame are expected")
    return _of_numbers(range(int(numbers[0]), int(numbers[1]) + 1), "{:04d}.jpg", images, file)


def _of_numbers(numbers: range, name: str, images: Path, file: Path) -> tuple[list[Path], Boxes]:
    boxes = read_boxes(file)
    if len(numbers) != len(boxes):
        raise InputError(unequal(images, file))
    frames = [images / name.format(number) for number in numbers]
    there = {path.name for path in images.iterdir()}
    if absent := [frame for frame in frames if frame.name not in there]:
        raise InputError(f"{absent[0]}: does not exist ({len(absent)} of {len(frames)} frames)")
    return frames, boxes


def _as_many(frames: list[Path], boxes: Boxes, images: Path, file: Path) -> tuple[list[Path], Boxes]:
    if not frames or len(frames) != len(boxes):
        raise InputError(unequal(images, file))
    return frames, boxes


def unequal(images: Path, file: Path) -> str:
    """How many images and boxes there are, and what to do where the images have another ending than is read."""
    found = [path for path in images.rglob("*") if path.suffix.lower() in IMAGE_ENDINGS]
    read = sum(path.suffix == ".jpg" for path in found)
    lines = sum(bool(line.strip()) for line in read_lines(file, "boxes"))
    other = next((path.suffix for path in found if path.suffix != ".jpg"), "") if not read else ""
    hint = (
        f"; there are {len(found)} of {other}, but this layout has .jpg alone: convert or rename them" if other else ""
    )
    return f"{read} images but {lines} boxes in {file}{hint}"


def _numbers(file: Path) -> NDArray[np.float64]:
    """(N,) all numbers of a file, in their order, whatever lines they stand in."""
    return np.array([value for row in read_rows(file).values() for value in row])


def _flags(file: Path, count: int) -> NDArray[np.float64]:
    """One number (count,) a frame, in one line or in many."""
    flags = _numbers(file)
    if len(flags) != count:
        raise InputError(f"{file}: {len(flags)} numbers for {count} boxes")
    return flags


def uav123(version: str) -> Benchmark:
    """UAV123, or UAV123_10fps."""
    return Benchmark(f"anno/{version}/{{name}}.txt", f"data_seq/{version}/{{folder}}", _read_uav123, numbered=True)


TC128 = Benchmark("{name}/{name}_gt.txt", "{name}/img", _read_tc128, numbered=True)
LASOT = Benchmark("{kind}/{name}/groundtruth.txt", "{kind}/{name}/img", _read_lasot)
NFS = Benchmark("{name}/30/{name}.txt", "{name}/30/{name}", _read_nfs, first_pixel=0, spare=1)
"""Ten of the videos have an image more than boxes."""
DTB70 = Benchmark("{name}/groundtruth_rect.txt", "{name}/img", _read_all)


def find_got10k(root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    """The validation set if it is there, else the test set, whose boxes are withheld but for the first."""
    subset, read = ("val", _read_got10k) if (root / "val").is_dir() else ("test", _read_withheld)
    file = root / subset / "list.txt"
    if not file.is_file():
        return []
    names = [line.strip() for line in read_lines(file, "names of sequences")]
    names = [check_name(name, "name of a sequence") for name in names if name]
    return Benchmark(f"{subset}/{{name}}/groundtruth.txt", f"{subset}/{{name}}", read).places(root, names, entries)


def find_below(root: Path, images: str, hidden: Sequence[str]) -> list[Place]:
    """Every groundtruth.txt, 1-based, however deep it lies, with the images in a folder beside it, for training.

    hidden: files beside it, if they are there, with numbers above 0 where the target is not to be seen.
    """
    return [
        Place(file.parent.name, file.parent / images, file, partial(_read_below, file.parent / images, file, hidden))
        for file in sorted(root.glob("**/groundtruth.txt"))
    ]


def _read_below(images: Path, file: Path, hidden: Sequence[str]) -> Annotated:
    boxes = clean_boxes(read_boxes(file), 1)
    for flags in (file.with_name(name) for name in hidden if file.with_name(name).is_file()):
        values = _numbers(flags)[: len(boxes)]
        boxes[: len(values)][values > 0] = np.nan
    return Annotated(first_images(images, boxes, file), boxes)
