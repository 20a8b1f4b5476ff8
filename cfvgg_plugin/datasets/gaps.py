"""Clips that are interrupted: the target is away while another clip runs, and comes back at another place.

Some frames of a clip, GAP frames of another of the same size, in which the target is not, and the rest of the clip less
the frames that went by. After the gap the pictures are turned round like a cylinder by so many pixels that the target
stands as far from its last place as it can: a tracker that waits where it was does not find it. Everything follows
from the order of the clips and their boxes.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.boxes import Boxes
from cfvgg_plugin.datasets.clips import find_validation
from cfvgg_plugin.datasets.entries import Entry
from cfvgg_plugin.datasets.images import frame_size
from cfvgg_plugin.datasets.places import Annotated, Place
from cfvgg_plugin.datasets.sequence import Frame, VideoFrame
from cfvgg_plugin.errors import InputError

BEFORE = 16
"""Frames of the clip before the gap."""
GAP = 15
"""Frames of the other clip."""
MISSED = 4
"""Frames of the clip that go by during the gap."""
AFTER = 8
"""Fewest frames that must be left after it."""
STEP = 8
"""Pixels between the turns that are tried."""
WHOLE = 0.8
"""Of the boxes that are whole without a turn, so many must be with it: a box across the seam is none."""


def find_gap(root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    """The validation targets, each interrupted by the video half the list away. Raises InputError as clips do."""
    places = find_validation(root, entries)
    videos = sorted({place.images for place in places if place.images.is_file()})
    other = {video: videos[(index + len(videos) // 2) % len(videos)] for index, video in enumerate(videos)}
    return [
        replace(place, read=partial(_interrupted, place, other[place.images])) if place.images in other else place
        for place in places
    ]


def _interrupted(place: Place, other: Path) -> Annotated:
    """The sequence of a place with its gap. Raises InputError for a clip that is too short or of another size."""
    frames, boxes, _ = place.read()
    if other == place.images:
        raise InputError(f"{place.images}: no other video is there to fill its gap")
    resumed = BEFORE + MISSED
    if len(frames) < resumed + AFTER:
        raise InputError(f"{place.annotation}: {len(frames)} frames; with a gap {resumed + AFTER} are needed")
    width, height = frame_size(place.images)
    if (width, height) != frame_size(other):
        raise InputError(f"{other}: of another size than {place.images}, whose gap it would fill")
    last = boxes[:BEFORE][np.isfinite(boxes[:BEFORE]).all(axis=1)][-1]
    turn = choose_turn(boxes[resumed:], last, width)
    tail: list[Frame] = [
        replace(frame, turned=turn) if isinstance(frame, VideoFrame) else frame for frame in frames[resumed:]
    ]
    filler: list[Frame] = [VideoFrame(other, number) for number in range(GAP)]
    nothing = np.full((GAP, 4), np.nan)
    absent = np.zeros(BEFORE + GAP + len(tail), bool)
    absent[BEFORE : BEFORE + GAP] = True
    boxes = np.concatenate([boxes[:BEFORE], nothing, turned(boxes[resumed:], turn, width)])
    return Annotated([*frames[:BEFORE], *filler, *tail], boxes, absent)


def choose_turn(boxes: Boxes, last: NDArray[np.float64], width: int) -> int:
    """Pixels by which frames of that width are turned, so that the first of the boxes (N, 4) is far from `last` (4,).

    The first box stays whole, and most of the others; 0 where no turn does that.
    """
    first = int(np.flatnonzero(np.isfinite(boxes).all(axis=1))[:1].sum())
    least = WHOLE * _whole(turned(boxes, 0, width))
    best, furthest = 0, -1.0
    for turn in range(0, width, STEP):
        moved = turned(boxes, turn, width)
        if np.isfinite(moved[first]).all() and _whole(moved) >= least:
            away = abs(moved[first, 0] + moved[first, 2] / 2 - last[0] - last[2] / 2)
            best, furthest = (turn, away) if away > furthest else (best, furthest)
    return best


def turned(boxes: Boxes, turn: int, width: int) -> Boxes:
    """Boxes (N, 4) in frames of that width, turned to the right by so many pixels; NaN for those across the seam."""
    moved = boxes.copy()
    if not turn:
        return moved
    left, right = np.clip(boxes[:, 0], 0, width), np.clip(boxes[:, 0] + boxes[:, 2], 0, width)
    moved[:, 0] = (left + turn) % width
    moved[:, 2] = right - left
    moved[(moved[:, 0] + moved[:, 2] > width) | (moved[:, 2] <= 0)] = np.nan
    return moved


def _whole(boxes: Boxes) -> int:
    return int(np.isfinite(boxes).all(axis=1).sum())
