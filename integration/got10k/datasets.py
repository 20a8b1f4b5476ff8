"""The sequences of got10k's dataset classes, as `load_dataset` and `cfvgg data check` take them; never a download."""

import codecs
import contextlib
import io
import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.boxes import read_rows
from cfvgg_plugin.datasets.entries import Entry
from cfvgg_plugin.datasets.places import Annotated, Place, clean_boxes
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.extras import import_extra
from cfvgg_plugin.files import check_name, exists, read_lines
from cfvgg_plugin.frames import IMAGE_ENDINGS

datasets: Any = import_extra("got10k.datasets", "got10k", "this dataset needs")


class LaSOT(datasets.LaSOT):  # type: ignore[misc]
    """The test set; the class of the released got10k cannot be opened."""

    def __init__(self, root_dir: str) -> None:
        self.root_dir, self.return_meta = root_dir, False
        self.seq_names = json.loads(Path(datasets.lasot.__file__).with_name("lasot.json").read_text(encoding="utf-8"))[
            "test"
        ]
        folders = [Path(root_dir, name.rpartition("-")[0], name) for name in self.seq_names]
        self.seq_dirs = [str(folder / "img") for folder in folders]
        self.anno_files = [str(folder / "groundtruth.txt") for folder in folders]


class _UAV123(datasets.UAV123):  # type: ignore[misc]
    """Either frame rate; frames by our list, and no demand for other folders below the root."""

    def __init__(self, root: Path, version: str, entries: Mapping[str, Entry]) -> None:
        self.root_dir, self.version, self.seq_names = str(root), version, list(entries)
        frames = {e.name: {"start_frame": e.frames[0], "end_frame": e.frames[-1]} for e in entries.values()}
        self.seq_metas = {version: frames}
        self.seq_dirs = [str(root / "data_seq" / version / entry.folder) for entry in entries.values()]
        self.anno_files = [str(root / "anno" / version / f"{name}.txt") for name in entries]


class _TColor128(datasets.TColor128):  # type: ignore[misc]
    """Opens also where a sequence lacks a file."""

    def __init__(self, root: Path, entries: Mapping[str, Entry]) -> None:
        self.root_dir, self.seq_names = str(root), list(entries)
        self.seq_dirs = [str(root / name) for name in entries]
        self.anno_files = [str(root / name / f"{name}_gt.txt") for name in entries]
        self.range_files = [str(root / name / f"{name}_frames.txt") for name in entries]


@dataclass(frozen=True)
class _Reader:
    """A dataset of got10k, and what must be known of its files."""

    dataset: Any
    inner: str = ""
    """Folder of the images within got10k's folder of the sequence."""
    first_pixel: int = 1
    spare: int = 0
    """Images without a box, of any sequence."""
    numbered: bool = False
    """Whether got10k names the frames by number and does not look which are there."""
    withheld: bool = False
    """Whether the first box alone is known."""
    scored: Callable[[Path, int], NDArray[np.bool_]] | None = None
    """Which of a number of frames the benchmark scores; given with the folder of the sequence."""

    def places(self, entries: Mapping[str, Entry]) -> list[Place]:
        """Its sequences, present or not."""
        found = []
        for at, name in enumerate(self.dataset.seq_names):
            entry = entries.get(name)
            numbers = entry.frames if entry and self.numbered else range(0)
            read = partial(self.read, at, entry)
            found.append(Place(name, self._images(at), self._annotation(at), read, entry, numbers, self.spare))
        return found

    def read(self, at: int, entry: Entry | None) -> Annotated:
        """Frames and boxes of the sequence of that index, not more than its list has: LaSOT's monkey-17 was cut."""
        frames, raw, _ = self._item(at)
        boxes = clean_boxes(raw, self.first_pixel)
        if self.scored is not None:
            boxes[~self.scored(self._annotation(at).parent, len(boxes))] = np.nan
        if self.withheld and len(boxes) == 1:
            boxes = np.vstack([boxes, np.full((len(frames) - 1, 4), np.nan)])
        end = len(entry.frames) if entry and entry.frames else None
        return Annotated(frames[:end], boxes[:end])

    def _item(self, at: int) -> Annotated:
        """What got10k reads; its assertions and stumbles become InputError."""
        annotation = self._annotation(at)
        try:
            with unmarked(self.dataset, at), warnings.catch_warnings():
                warnings.simplefilter("error", UserWarning)  # NumPy tells so that a file is empty
                files, boxes = self.dataset[at][:2]
        except AssertionError:
            raise InputError(count_fault(self._images(at), annotation)) from None
        except (OSError, ValueError, IndexError, ZeroDivisionError, UserWarning) as error:
            if exists(annotation) and isinstance(error, ValueError):
                read_rows(annotation)  # says in which line
            if not any(self._images(at).glob("*.jpg")):
                raise InputError(count_fault(self._images(at), annotation)) from None
            raise InputError(f"{annotation}: no boxes that go with {self._images(at)} ({error})") from None
        if boxes.ndim != 2 or boxes.shape[1] != 4:
            raise InputError(f"{annotation}: not four numbers in every line")
        frames = [Path(file) for file in files]
        if self.numbered:
            there = {path.name for path in self._images(at).iterdir()}
            if absent := [frame for frame in frames if frame.name not in there]:
                raise InputError(f"{absent[0]}: does not exist ({len(absent)} of {len(frames)} frames)")
        return Annotated(frames, boxes)

    def _images(self, at: int) -> Path:
        return Path(self.dataset.seq_dirs[at], self.inner)

    def _annotation(self, at: int) -> Path:
        return Path(self.dataset.anno_files[at])


def _lasot(root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    return _Reader(LaSOT(str(root)), scored=_target_visible).places(entries)


def _uav123(version: str, root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    return _Reader(_UAV123(root, version, entries), numbered=True).places(entries)


def _tc128(root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    return _Reader(_TColor128(root, entries), inner="img", numbered=True).places(entries)


def _nfs(root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    """Boxes as the annotation tool VATIC writes them, 0-based. Ten of the videos have an image more than boxes."""
    return _Reader(_quietly(datasets.NfS, str(root), fps=30), first_pixel=0, spare=1).places(entries)


def _dtb70(root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    return _Reader(_quietly(datasets.DTB70, str(root)), inner="img").places(entries)


def _got10k(root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    """The validation set if it is there, else the test set, whose boxes are withheld but for the first."""
    subset = "val" if (root / "val").is_dir() else "test"
    if not (root / subset / "list.txt").is_file():
        return []
    read_lines(root / subset / "list.txt", "names of sequences")  # says what got10k would stumble over
    dataset = with_names(_quietly(datasets.GOT10k, str(root), subset))
    return _Reader(dataset, withheld=subset == "test", scored=None if subset == "test" else _covered).places(entries)


FINDERS: Mapping[str, Callable[[Path, Mapping[str, Entry]], list[Place]]] = {
    "tc128": _tc128,
    "uav123": partial(_uav123, "UAV123"),
    "uav123_10fps": partial(_uav123, "UAV123_10fps"),
    "lasot": _lasot,
    "nfs": _nfs,
    "dtb70": _dtb70,
    "got10k": _got10k,
}
"""The sequences below a root, present or not, by the dataset's name."""


def count_fault(images: Path, annotation: Path) -> str:
    """How many images and boxes there are, and what to do where the images have another ending than got10k reads."""
    found = [path for path in images.rglob("*") if path.suffix.lower() in IMAGE_ENDINGS]
    read = sum(path.suffix == ".jpg" for path in found)
    lines = sum(bool(line.strip()) for line in read_lines(annotation, "boxes"))
    other = next((path.suffix for path in found if path.suffix != ".jpg"), "") if not read else ""
    hint = (
        f"; there are {len(found)} of {other}, but this layout has .jpg alone: convert or rename them" if other else ""
    )
    return f"{read} images but {lines} boxes in {annotation}{hint}"


@contextlib.contextmanager
def unmarked(dataset: Any, at: int) -> Iterator[None]:
    """While it lasts, got10k reads a sequence's boxes without the byte order mark that may stand before them."""
    file = Path(dataset.anno_files[at])
    content = file.read_bytes() if file.is_file() else b""
    if not content.startswith(codecs.BOM_UTF8):
        yield
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder, file.name)
        copy.write_bytes(content.removeprefix(codecs.BOM_UTF8))
        dataset.anno_files[at] = str(copy)
        try:
            yield
        finally:
            dataset.anno_files[at] = str(file)


def with_names(dataset: Any) -> Any:
    """The dataset, whose list.txt may begin with a byte order mark. Raises InputError for a name that is a path."""
    for attribute in ("seq_names", "seq_dirs", "anno_files"):
        setattr(dataset, attribute, [text.replace("\ufeff", "").strip() for text in getattr(dataset, attribute)])
    for name in dataset.seq_names:
        check_name(name, "name of a sequence")
    return dataset


def _quietly(make: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """A dataset of got10k, without its remarks on standard output."""
    with contextlib.redirect_stdout(io.StringIO()):
        return make(*arguments, **options)


def _target_visible(folder: Path, count: int) -> NDArray[np.bool_]:
    """LaSOT's toolkit takes out the frames in which the target is fully occluded or out of view."""
    return (_flags(folder / "full_occlusion.txt", count) == 0) & (_flags(folder / "out_of_view.txt", count) == 0)


def _covered(folder: Path, count: int) -> NDArray[np.bool_]:
    """GOT-10k's toolkit takes out the frames whose cover, 0 to 8 eighths of the target, is 0."""
    return _flags(folder / "cover.label", count) > 0


def _flags(file: Path, count: int) -> NDArray[np.float64]:
    """One number (count,) a frame, in one line or in many."""
    flags = np.array([value for row in read_rows(file).values() for value in row])
    if len(flags) != count:
        raise InputError(f"{file}: {len(flags)} numbers for {count} boxes")
    return flags
