"""Which targets of a source are followed from which frame on: `--init`, repeated, and `--init-file`."""

import csv
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box, as_box, check_box
from cfvgg_plugin.errors import FrameError, InputError
from cfvgg_plugin.multi import MultiTracker, TargetId
from cfvgg_plugin.system.files import read_lines
from cfvgg_plugin.tracker import TrackResult

HEADER = ["frame", "id", "x", "y", "w", "h"]
LONGEST = 60
"""Characters of an id."""


@dataclass(frozen=True)
class FirstBox:
    """Where a target comes in."""

    target: TargetId
    box: Box
    frame: int | None = None
    """Its number in the source, from 0; None for the first that is tracked."""


class Targets:
    """Targets that come in as their frames do, behind one call a frame."""

    def __init__(self, multi: MultiTracker, firsts: Sequence[FirstBox]) -> None:
        """`multi` has none yet; firsts: at least one, each of another target."""
        self.count = len(firsts)
        self._multi = multi
        self._waiting = deque(sorted(firsts, key=lambda first: -1 if first.frame is None else first.frame))

    def check(self, image: NDArray[np.uint8], index: int) -> None:
        """Raise InputError for a target that cannot come in, if `image` is the first frame, number `index`."""
        for first in self._waiting:
            if first.frame is not None and first.frame < index:
                raise InputError(
                    f"target {first.target!r}: comes in at frame {first.frame}, before the first one that is tracked, "
                    f"{index}"
                )
            try:
                check_box(first.box, image.shape[1], image.shape[0])
            except InputError as error:
                raise InputError(f"target {first.target!r}: {error}") from None

    def step(self, image: NDArray[np.uint8], index: int) -> dict[TargetId | None, TrackResult]:
        """Every target in frame number `index`. Raises FrameError for a frame or a target that cannot be used."""
        found: dict[TargetId | None, TrackResult] = dict(self._multi.update(image).items())
        while self._waiting and (self._waiting[0].frame or 0) <= index:
            first = self._waiting.popleft()
            try:
                self._multi.add(first.target, image, first.box)
            except InputError as error:
                raise FrameError(f"target {first.target!r}: {error}") from None
            found[first.target] = TrackResult(first.box, 1.0, False)
        return found

    def missing(self) -> list[str]:
        """A line for every target whose frame has not come."""
        return [f"target {first.target!r}: its frame, {first.frame}, was not reached" for first in self._waiting]


def read_first_boxes(path: Path) -> list[FirstBox]:
    """Targets of a table with the header frame,id,x,y,w,h: frames from 0, boxes 0-based, each id once.

    An id that is a whole number is an int, any other a str. Raises InputError, which names file and line.
    """
    lines = read_lines(path, "boxes")
    if [word.strip().lower() for word in (lines[0] if lines else "").split(",")] != HEADER:
        raise InputError(f"{path}: line 1: the header {','.join(HEADER)} is expected")
    firsts: dict[TargetId, tuple[FirstBox, int]] = {}
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        try:
            first = _read_first_box(line)
        except InputError as error:
            raise InputError(f"{path}: line {number}: {error}") from None
        if first.target in firsts:
            raise InputError(
                f"{path}: line {number}: target {first.target!r} is in line {firsts[first.target][1]} already"
            )
        firsts[first.target] = first, number
    if not firsts:
        raise InputError(f"{path}: no targets in it")
    return [first for first, _ in firsts.values()]


def _read_first_box(line: str) -> FirstBox:
    try:
        (words,) = csv.reader([line], strict=True)
    except (csv.Error, ValueError) as error:
        raise InputError(f"not a line of a table ({error})") from None
    if len(words) != len(HEADER):
        raise InputError(f"{len(words)} values; {','.join(HEADER)} is expected")
    frame, target, *numbers = (word.strip() for word in words)
    if not (frame.isascii() and frame.isdecimal() and len(frame) <= 9):
        raise InputError(f"frame {frame[:LONGEST]!r}: a whole number from 0 is expected")
    if not target or len(target) > LONGEST or not target.isprintable():
        raise InputError(f"id {target[:LONGEST]!r}: 1 to {LONGEST} printable characters are expected")
    try:
        box = as_box([float(word) for word in numbers if "_" not in word])
    except ValueError as error:
        shown = error if isinstance(error, InputError) else f"box {','.join(numbers)[:LONGEST]}: numbers are expected"
        raise InputError(str(shown)) from None
    whole = target.isascii() and target.isdecimal() and str(int(target)) == target
    return FirstBox(int(target) if whole else target, box, int(frame))


def check_mot(path: Path, firsts: Sequence[FirstBox]) -> None:
    """Raise InputError for an id that MOTChallenge's lines, which a .txt of several targets has, cannot hold."""
    for first in firsts:
        if not isinstance(first.target, int) or first.target < 1:
            raise InputError(
                f"{path}: target {first.target!r}: MOTChallenge's lines take whole numbers from 1 as ids; write a .csv"
            )
