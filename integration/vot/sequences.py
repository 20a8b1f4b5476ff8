"""Sequences in any VOT or OTB layout, as the VOT toolkit takes them: frames, and a line of ground truth for each."""

import math
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.images import read_frames
from cfvgg_plugin.datasets.known import load_dataset
from cfvgg_plugin.datasets.layouts import load_otb
from cfvgg_plugin.datasets.sequence import Frame, Sequence, VideoFrame
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import check_name, exists, read_lines, read_text
from cfvgg_plugin.video.frames import image_files


@dataclass(frozen=True)
class VOTSequence:
    """A video and its ground truth in the toolkit's form."""

    name: str
    frames: tuple[Frame, ...]
    groundtruth: tuple[str, ...]
    """A line a frame: x,y,w,h or the corners of a polygon, 0-based pixels; nan,nan,nan,nan without the target."""
    rate: int = 30
    extras: tuple[Path, ...] = ()
    """Files of frame attributes: *.tag, *.label, *.value."""
    read: Callable[[], Generator[NDArray[np.uint8] | None]] | None = None
    """RGB images of the frames, where they are not what their files hold; None: they are."""


def read_sequences(root: Path, names: list[str] | None = None, absent: bool = False) -> list[VOTSequence]:
    """The sequences below `root`, all (those of list.txt where there is one) or those of `names`.

    A sequence is NAME/groundtruth.txt with frames in NAME/color (VOT) or in NAME itself (VOT until 2018, GOT-10k), or
    NAME/groundtruth_rect.txt with frames in NAME/img (OTB, 1-based). absent: frames may be without the target (NaN).
    Raises InputError that names every sequence the toolkit could not run, with its first fault.
    """
    if not root.is_dir():
        raise InputError(f"sequences {root}: no such folder")
    if not any(root.glob("*/groundtruth.txt")):
        return _check([_from_sequence(sequence) for sequence in load_otb(root, names)], absent)
    listed = root / "list.txt"
    order = names
    if names is None and exists(listed):
        order = [name.strip() for name in read_lines(listed, "names of sequences") if name.strip()]
    found = sorted(path.parent.name for path in root.glob("*/groundtruth.txt"))
    if missing := [name for name in order or [] if name not in found]:
        raise InputError(f"no sequence {', '.join(missing)} in {root}; there are {', '.join(found)}")
    return _check([_from_vot(root / name) for name in order or found], absent)


def of_dataset(name: str, root: Path, names: list[str] | None = None, absent: bool = False) -> list[VOTSequence]:
    """Sequences of a dataset that `cfvgg data list` names; raises as `read_sequences` does.

    A frame without a box becomes one without the target: the toolkit knows no others.
    """
    return _check([_from_sequence(sequence) for sequence in load_dataset(name, root, names).sequences], absent)


def _from_sequence(sequence: Sequence) -> VOTSequence:
    lines = [",".join(f"{v:g}" for v in box) for box in sequence.boxes]
    changed = sequence.light is not None or any(isinstance(frame, VideoFrame) for frame in sequence.frames)
    read = partial(read_frames, sequence) if changed else None
    return VOTSequence(check_name(sequence.name, "sequence"), sequence.frames, tuple(lines), read=read)


def _from_vot(folder: Path) -> VOTSequence:
    text = read_text(folder / "groundtruth.txt", "ground truth").strip()
    lines = tuple(",".join(re.split(r"[,\s]+", line.strip())) for line in text.split("\n"))
    settings = read_properties(folder / "sequence")
    pattern = settings.get("channels.color", "color" if (folder / "color").is_dir() else "").replace("\\", "/")
    images = folder / (pattern.rpartition("/")[0] if Path(pattern).suffix else pattern)
    rate = settings.get("fps", "30")
    extras = sorted(path for ending in ("tag", "label", "value") for path in folder.glob(f"*.{ending}"))
    frames = image_files(images)[: len(lines)]
    whole = int(rate) if rate.isdecimal() and len(rate) < 10 else 0
    return VOTSequence(folder.name, tuple(frames), lines, whole or 30, tuple(extras))


def read_properties(path: Path) -> dict[str, str]:
    """The KEY=VALUE lines of a `sequence` file; none where it is missing."""
    lines = read_lines(path, "settings of a sequence") if exists(path) else []
    return {key.strip(): value.strip() for key, found, value in (line.partition("=") for line in lines) if found}


def _check(sequences: list[VOTSequence], absent: bool) -> list[VOTSequence]:
    found = [(s.name, frame_fault(s) or line_fault(s.groundtruth, absent)) for s in sequences]
    if faults := [f"{name}: {fault}" for name, fault in found if fault]:
        raise InputError(f"{'; '.join(faults)}. Repair these sequences, or name the others with --names")
    return sequences


def frame_fault(sequence: VOTSequence) -> str:
    """What is wrong with the frames, or nothing."""
    if len(sequence.frames) < len(sequence.groundtruth):
        return f"{len(sequence.frames)} frames but {len(sequence.groundtruth)} lines of ground truth"
    files = [path for path in sequence.frames if isinstance(path, Path)]
    if lost := next((path for path in files if not path.is_file()), None):
        return f"frame {lost.name} is no file, or leads nowhere"
    numbers = [int(path.stem) for path in files if path.stem.isdecimal()]
    if len(numbers) == len(sequence.frames):
        gap = next((a + 1 for a, b in pairwise(numbers) if b != a + 1), None)
        return f"frame {gap} is missing" if gap is not None else ""
    return ""


def line_fault(lines: tuple[str, ...], absent: bool = False) -> str:
    """What is wrong with the ground truth, or nothing. The toolkit stops in the middle of a run at any of these.

    absent: frames after the first may be without the target, which is a line of NaN.
    """
    if not lines or lines == ("",):
        return "no ground truth"
    if len(lines) == 1:
        return "one frame alone, where the toolkit needs two or more"
    for number, line in enumerate(lines, 1):
        try:
            values = [float(value) for value in line.split(",")]
        except ValueError:
            return f"line {number} of the ground truth is {line[:20]!r}: a rectangle or polygon is needed (no masks)"
        if absent and number > 1 and all(math.isnan(value) for value in values):
            continue
        if not all(math.isfinite(value) for value in values):
            again = "" if absent else " again; --stack longterm is for targets that leave"
            return f"line {number} of the ground truth holds NaN: without a box the toolkit cannot start there{again}"
        if len(values) != 4 and (len(values) < 6 or len(values) % 2):
            return f"line {number} of the ground truth has {len(values)} numbers: 4, or 6 and more in pairs, are needed"
    return ""
