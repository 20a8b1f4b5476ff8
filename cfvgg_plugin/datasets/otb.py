"""Sequences in OTB layout: NAME/img/*.jpg beside NAME/groundtruth_rect.txt (or .1.txt, .2.txt for several targets)."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.frames import image_files

_FIRST_FRAME = {"David": 300}
"""OTB annotates some videos from a later frame on; it matters only where the earlier images are there too."""


def load_otb(root: Path, names: list[str] | None = None) -> list[Sequence]:
    """Sequences below `root`, all or those of `names`, in alphabetical order.

    Annotations of OTB are 1-based; the boxes returned are 0-based. Rows with NaN or without area become NaN.
    Raises InputError for a missing folder or name, and for a sequence whose annotations and frames do not match.
    """
    if not root.is_dir():
        raise InputError(f"dataset folder {root}: does not exist")
    found = {_target_name(file): file for file in sorted(root.glob("*/groundtruth_rect*.txt"))}
    if not found:
        raise InputError(
            f"dataset folder {root}: no sequence in OTB layout (NAME/img/*.jpg and NAME/groundtruth_rect.txt)"
        )
    if missing := [name for name in names or [] if name not in found]:
        raise InputError(f"no sequence {', '.join(missing)} in {root}; there are {', '.join(found)}")
    return [_load(name, found[name]) for name in sorted(names or found)]


def _target_name(annotation: Path) -> str:
    """'David', or 'Jogging.1' for groundtruth_rect.1.txt."""
    return annotation.parent.name + annotation.stem.removeprefix("groundtruth_rect")


def _load(name: str, annotation: Path) -> Sequence:
    boxes = read_boxes(annotation)
    frames = image_files(annotation.parent / "img")
    if len(frames) > len(boxes) and (first := _FIRST_FRAME.get(name)):
        frames = [f for f in frames if f.stem.isdigit() and int(f.stem) >= first]
    if len(frames) < len(boxes):
        raise InputError(f"sequence {name}: {len(frames)} frames but {len(boxes)} boxes in {annotation}")
    boxes[:, :2] -= 1
    boxes[~np.isfinite(boxes).all(axis=1) | (boxes[:, 2:] <= 0).any(axis=1)] = np.nan
    if np.isnan(boxes[0]).any():
        raise InputError(f"sequence {name}: the first box in {annotation} is empty, so no tracker can start")
    return Sequence(name, tuple(frames[: len(boxes)]), boxes)


def read_boxes(path: Path) -> NDArray[np.float64]:
    """(N, 4) numbers of a text file with one box a line, separated by commas, tabs or spaces; as they stand."""
    try:
        lines = path.read_text().split("\n")
        rows = [[float(v) for v in re.split(r"[,\s]+", line.strip())] for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as boxes ({error})") from None
    if not rows:
        raise InputError(f"{path}: no boxes in it")
    if bad := next((i for i, row in enumerate(rows, 1) if len(row) != 4), None):
        raise InputError(f"{path}: line {bad} has {len(rows[bad - 1])} numbers, four expected (x,y,w,h)")
    return np.array(rows)
