"""Clips made long and hard: there, back and there again, seen by a camera that zooms and shakes, the target hidden.

The clips are short and few of them lose a target, so that trackers can hardly be told apart by them. Here each is
played forwards, backwards and forwards again, two of five at twice the pace; and by lot, one clip beside another, the
camera zooms, it shakes and jumps, the light changes (`light.py`), and something slides across the target again and
again. Everything follows from the seed and the target's name.
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
from cfvgg_plugin.datasets.entries import Entry
from cfvgg_plugin.datasets.images import frame_size
from cfvgg_plugin.datasets.light import draw_wave, random_key
from cfvgg_plugin.datasets.places import Annotated, Place
from cfvgg_plugin.datasets.sequence import Frame, VideoFrame
from cfvgg_plugin.datasets.staging import Staging, staged_boxes

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
