"""The validation clips made harder: interrupted ones, and long and hard ones.

Interrupted (`find_gap`): the target is away while another clip runs, and comes back at another place. Some frames of a
clip, GAP frames of another of the same size, in which the target is not, and the rest of the clip less the frames that
went by. After the gap the pictures are turned round like a cylinder by so many pixels that the target stands as far
from its last place as it can: a tracker that waits where it was does not find it. Everything follows from the order of
the clips and their boxes.

Long and hard (`find_hard`): the clips are short and few of them lose a target, so that trackers can hardly be told
apart by them. Here each is played forwards, backwards and forwards again, two of five at twice the pace; and by lot,
one clip beside another, the camera zooms, it shakes and jumps, the light changes, and something slides across the
target again and again (`staging.py`). Everything follows from the seed and the target's name.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.boxes import Boxes
from cfvgg_plugin.datasets.clips import find_validation
from cfvgg_plugin.datasets.images import frame_size
from cfvgg_plugin.datasets.sequence import Annotated, Entry, Frame, Place, VideoFrame
from cfvgg_plugin.datasets.staging import Staging, draw_wave, random_key, staged_boxes
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


JUMPS = 0.03
"""Of the frames, where the camera shakes; by a quarter of the target's size, as a standard deviation."""
BEGINNING = 20
"""Frames before something may come in front of the target."""

Random = np.random.Generator


@dataclass(frozen=True)
class Lot:
    """What falls to a target; each with its own probability."""

    fast: bool
    zooms: bool
    shakes: bool
    lit: bool
    hidden: bool


def find_hard(root: Path, entries: Mapping[str, Entry], seed: int = 1) -> list[Place]:
    """The validation targets, made long and hard. Raises InputError as clips do."""
    places = find_validation(root, entries)
    return [
        replace(place, read=partial(_made_hard, place, seed), light=seed if draw_lot(seed, place.name)[0].lit else None)
        if place.images.is_file()
        else place
        for place in places
    ]


def draw_lot(seed: int, name: str) -> tuple[Lot, Random]:
    """What falls to the target of that name, and the generator that goes on from there."""
    rng = np.random.default_rng((*random_key(seed, name), 1))  # not that of its light
    drawn = rng.uniform(size=5) < (0.4, 0.5, 0.5, 0.35, 0.6)
    return Lot(*map(bool, drawn)), rng


def _made_hard(place: Place, seed: int) -> Annotated:
    frames, boxes, _ = place.read()
    lot, rng = draw_lot(seed, place.name)
    order = there_and_back(len(frames))[:: 2 if lot.fast else 1]
    boxes = boxes[order]
    width, height = frame_size(place.images)
    size = math.sqrt(boxes[0, 2] * boxes[0, 3])
    camera = _camera(rng, lot, len(order), size)
    seen = staged_boxes(boxes, camera, width, height)
    hiding = _hiding(rng, seen) if lot.hidden else [None] * len(order)
    shown: list[Frame] = []
    for number, staging, hidden in zip(order, camera, hiding, strict=True):
        frame = frames[number]
        staged = replace(staging, hidden=hidden)
        shown.append(replace(frame, staging=staged) if isinstance(frame, VideoFrame) else frame)
    return Annotated(shown, seen)


def there_and_back(count: int) -> NDArray[np.intp]:
    """0 to count - 1, back to 0, and to the end again; 3 count - 2 numbers."""
    forth = np.arange(count)
    return np.concatenate([forth, forth[-2::-1], forth[1:]]) if count > 1 else forth


def _camera(rng: Random, lot: Lot, count: int, size: float) -> list[Staging]:
    """Zoom and shift of every frame, none in the first; `size` of the target in pixels."""
    zoom = draw_wave(rng, rng.uniform(0.3, 0.6), 60, 140)
    sway = [draw_wave(rng, rng.uniform(0.2, 0.6) * size, 8, 50) for _ in range(2)]
    jumps = np.cumsum((rng.uniform(size=(count, 1)) < JUMPS) * rng.normal(0, size / 4, (count, 2)), axis=0)
    jumps -= jumps[0]
    found = []
    for time in range(count):
        x, y = (float(wave.at(time) - wave.at(0) + jump) for wave, jump in zip(sway, jumps[time], strict=True))
        factor = math.exp(zoom.at(time) - zoom.at(0))
        found.append(Staging(factor if lot.zooms else 1.0, (x, y) if lot.shakes else (0.0, 0.0)))
    return found


def _hiding(rng: Random, boxes: Boxes) -> list[tuple[int, int, int, int] | None]:
    """For every frame what hides some of the target in the boxes (N, 4): from side to side, 4 to 15 frames a time."""
    hiding: list[tuple[int, int, int, int] | None] = [None] * len(boxes)
    first = BEGINNING + int(rng.integers(0, 20))
    while first < len(boxes):
        length, angle = int(rng.integers(4, 16)), rng.uniform(0, 2 * math.pi)
        factors, aside = rng.uniform(0.7, 1.4, 2), rng.uniform(-0.25, 0.25, 2)
        for frame in range(first, min(first + length, len(boxes))):
            if not np.isfinite(boxes[frame]).all():
                continue
            target = boxes[frame, 2:]
            size = np.maximum(target * factors, 4)
            way = 2 * (frame - first + 0.5) / length - 1  # from -1 to 1
            direction = np.array([math.cos(angle), math.sin(angle)])
            centre = boxes[frame, :2] + target * (0.5 + aside) + 1.1 * way * direction * np.maximum(target, size)
            x, y, w, h = np.floor(np.concatenate([centre - size / 2, size])).astype(int).tolist()
            hiding[frame] = (x, y, w, h)
        first += length + int(rng.integers(18, 45))
    return hiding
