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
from cfvgg_plugin.files import read_lines
from cfvgg_plugin.multi import MultiTracker, TargetId
from cfvgg_plugin.tracker import TrackResult

HEADER = ["frame", "id", "x", "y", "w", "h"]
LONGEST = 60
"""Characters of an id."""


@dataclass(frozen=True)
class Entry:
    """Where a target comes in."""

    target: TargetId
    box: Box
    frame: int | None = None
    """Its number in the source, from 0; None for the first that is tracked."""


class Targets:
    """Targets that come in as their frames do, behind one call a frame."""

    def __init__(self, multi: MultiTracker, entries: Sequence[Entry]) -> None:
        """`multi` has none yet; entries: at least one, each of another target."""
        self.count = len(entries)
        self._multi = multi
        self._waiting = deque(sorted(entries, key=lambda entry: -1 if entry.frame is None else entry.frame))

    def check(self, image: NDArray[np.uint8], index: int) -> None:
        """Raise InputError for a target that cannot come in, if `image` is the first frame, number `index`."""
        for entry in self._waiting:
            if entry.frame is not None and entry.frame < index:
                raise InputError(
                    f"target {entry.target!r}: comes in at frame {entry.frame}, before the first one that is tracked, "
                    f"{index}"
                )
            try:
                check_box(entry.box, image.shape[1], image.shape[0])
            except InputError as error:
                raise InputError(f"target {entry.target!r}: {error}") from None

    def step(self, image: NDArray[np.uint8], index: int) -> dict[TargetId | None, TrackResult]:
        """Every target in frame number `index`. Raises FrameError for a frame or a target that cannot be used."""
        found: dict[TargetId | None, TrackResult] = dict(self._multi.update(image).items())
        while self._waiting and (self._waiting[0].frame or 0) <= index:
            entry = self._waiting.popleft()
            try:
                self._multi.add(entry.target, image, entry.box)
            except InputError as error:
                raise FrameError(f"target {entry.target!r}: {error}") from None
            found[entry.target] = TrackResult(entry.box, 1.0, False)
        return found

    def missing(self) -> list[str]:
        """A line for every target whose frame has not come."""
        return [f"target {entry.target!r}: its frame, {entry.frame}, was not reached" for entry in self._waiting]


def read_entries(path: Path) -> list[Entry]:
    """Targets of a table with the header frame,id,x,y,w,h: frames from 0, boxes 0-based, each id once.

    An id that is a whole number is an int, any other a str. Raises InputError, which names file and line.
    """
    lines = read_lines(path, "boxes")
    if [word.strip().lower() for word in (lines[0] if lines else "").split(",")] != HEADER:
        raise InputError(f"{path}: line 1: the header {','.join(HEADER)} is expected")
    entries: dict[TargetId, tuple[Entry, int]] = {}
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        try:
            entry = _read_entry(line)
        except InputError as error:
            raise InputError(f"{path}: line {number}: {error}") from None
        if entry.target in entries:
            raise InputError(
                f"{path}: line {number}: target {entry.target!r} is in line {entries[entry.target][1]} already"
            )
        entries[entry.target] = entry, number
    if not entries:
        raise InputError(f"{path}: no targets in it")
    return [entry for entry, _ in entries.values()]


def _read_entry(line: str) -> Entry:
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
    return Entry(_id(target), box, int(frame))


def _id(text: str) -> TargetId:
    return int(text) if text.isascii() and text.isdecimal() and str(int(text)) == text else text


def check_mot(path: Path, entries: Sequence[Entry]) -> None:
    """Raise InputError for an id that MOTChallenge's lines, which a .txt of several targets has, cannot hold."""
    for entry in entries:
        if not isinstance(entry.target, int) or entry.target < 1:
            raise InputError(
                f"{path}: target {entry.target!r}: MOTChallenge's lines take whole numbers from 1 as ids; write a .csv"
            )
