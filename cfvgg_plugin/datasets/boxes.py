"""Files of boxes: a box a line, the table that `cfvgg track --boxes` writes, and MOTChallenge's lines.

Whatever cannot be read raises InputError, which names the file and the line.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.sequence import clean_boxes
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import read_text

Boxes = NDArray[np.float64]
MOST = 3_000_000
"""Frames of a video, a day at 30 a second; a higher number is a mistake, and more rows than memory."""


@dataclass(frozen=True)
class Tracks:
    """The targets of a file."""

    boxes: Mapping[str, Boxes]
    """(N, 4) by target, 0-based, a row a frame of the video from its first; NaN where unknown or without area. A file
    of one target has the key ""."""
    numbered: bool
    """Whether lines state their frame, so that frames after the last one simply have no box."""


def read_tracks(path: Path, origin: int = 0) -> Tracks:
    """The targets of a file whose form is known by its content.

    x,y,w,h for every frame; a table with a header x,y,w,h and perhaps frame (from 0, rising), id and lost (1: no
    box); or MOT's frame,id,x,y,w,h,confidence,..., frames from 1, where confidence 0 means to be ignored.
    origin: the first pixel's coordinate in MOT's form.
    """
    lines = _read(path)
    head = [word.strip().lower() for word in lines[0].split(",")] if lines else []
    if "frame" in head or "x" in head:
        return Tracks(_read_table(path, head, lines[1:]), "frame" in head)
    rows = _numbers(path, lines)
    if all(len(row) == 4 for row in rows.values()):
        return Tracks({"": clean_boxes(list(rows.values()), 0)}, False)
    if all(len(row) >= 6 for row in rows.values()):
        return Tracks(_read_mot(path, rows, origin), True)
    first = len(next(iter(rows.values())))
    bad = next(n for n, row in rows.items() if len(row) != first or not (first == 4 or first >= 6))
    raise InputError(
        f"{path}: line {bad} has {len(rows[bad])} numbers; x,y,w,h or frame,id,x,y,w,h,... is expected on every line"
    )


def read_boxes(path: Path) -> Boxes:
    """(N, 4) numbers of a text file with one box a line, separated by commas, tabs or spaces; as they stand."""
    rows = read_rows(path)
    if bad := next((number for number, row in rows.items() if len(row) != 4), None):
        raise InputError(f"{path}: line {bad} has {len(rows[bad])} numbers, four expected (x,y,w,h)")
    return np.array(list(rows.values()))


def read_rows(path: Path) -> dict[int, list[float]]:
    """By its number from 1, the numbers of every line that has any, separated by commas, semicolons, tabs or spaces."""
    return _numbers(path, _read(path))


def _read(path: Path) -> list[str]:
    return read_text(path, "boxes").split("\n")


def _numbers(path: Path, lines: list[str]) -> dict[int, list[float]]:
    rows = {}
    for number, line in enumerate(lines, 1):
        if words := line.strip():
            try:
                rows[number] = [_number(word) for word in re.split(r"[,;\s]+", words)]
            except ValueError:
                raise InputError(f"{path}: line {number}: numbers are expected, not {words[:60]!r}") from None
    if not rows:
        raise InputError(f"{path}: no boxes in it")
    return rows


def _number(word: str) -> float:
    if "_" in word:
        raise ValueError  # Python's own 1_000 is nobody's number
    return float(word)


def _read_table(path: Path, head: list[str], lines: list[str]) -> dict[str, Boxes]:
    """Without a column `frame`, a line a frame; `id` tells several targets apart, whose lines may be mixed."""
    if missing := [name for name in "xywh" if name not in head]:
        raise InputError(f"{path}: has no column {missing[0]}; frame,x,y,w,h is expected")
    tracks: dict[str, dict[int, list[float]]] = {}
    for at, row in enumerate(csv.DictReader(lines, head), 2):
        try:
            number = int(row["frame"]) if "frame" in head else at - 2
            box, lost = [float(row[side]) for side in "xywh"], float(row.get("lost") or 0)
        except (TypeError, ValueError):
            raise InputError(f"{path}: line {at} is not of the columns {','.join(head)}") from None
        if number >= MOST:
            raise InputError(f"{path}: line {at} is of frame {number}; at most {MOST} frames are expected")
        found = tracks.setdefault((row["id"] or "").strip() if {"id", "frame"} <= set(head) else "", {})
        if number <= next(reversed(found), -1):
            raise InputError(f"{path}: line {at} is of frame {number}; frames are expected to rise from 0")
        found[number] = [np.nan] * 4 if lost else box
    if not tracks:
        raise InputError(f"{path}: no boxes in it")
    names = tracks if len(tracks) > 1 else [""]
    return {name: _in_order(found) for name, found in zip(names, tracks.values(), strict=True)}


def _read_mot(path: Path, rows: Mapping[int, list[float]], origin: int) -> dict[str, Boxes]:
    tracks: dict[int, dict[int, list[float]]] = {}
    for number, row in rows.items():
        frame, track = row[0], row[1]
        if not (frame.is_integer() and 1 <= frame <= MOST and track.is_integer()):
            raise InputError(
                f"{path}: line {number}: frame {frame:g}, id {track:g}; frames are counted from 1 (to {MOST})"
            )
        if len(row) == 6 or row[6] != 0:
            x, y, w, h = row[2:6]
            boxes = tracks.setdefault(int(track), {})
            if int(frame) - 1 in boxes:
                raise InputError(f"{path}: line {number}: frame {frame:g}, id {track:g} is there twice")
            boxes[int(frame) - 1] = [x - origin, y - origin, w, h]
    if not tracks:
        raise InputError(f"{path}: all of its boxes are to be ignored (confidence 0)")
    return {str(track): _in_order(tracks[track]) for track in sorted(tracks)}


def _in_order(found: dict[int, list[float]]) -> Boxes:
    boxes = np.full((max(found) + 1, 4), np.nan)
    boxes[list(found)] = list(found.values())
    return clean_boxes(boxes, 0)
