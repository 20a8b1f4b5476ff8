"""The search of the whole frame for a lost target, some of it in every frame."""

import math
from dataclasses import dataclass

import numpy as np

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.features.sampling import Image
from cfvgg_plugin.long_term.template import Template, cut

Part = tuple[float, float, float, float]
"""(left, top, right, bottom) in pixels of the frame."""


@dataclass(frozen=True)
class Candidate:
    """A place that looks like the target."""

    box: Box
    similarity: float


@dataclass(frozen=True)
class _Task:
    """A part of the frame, searched for a target of one size."""

    part: Part
    scale: float
    """Pixels that are searched to one of the frame, along a side."""
    size: tuple[float, float]
    """(w, h) of the target."""

    @property
    def pixels(self) -> float:
        """What is searched."""
        return (self.part[2] - self.part[0]) * (self.part[3] - self.part[1]) * self.scale**2


class Sweep:
    """Goes over the frame and over all sizes, again and again."""

    def __init__(
        self, frame: tuple[int, int], size: tuple[float, float], scales: tuple[float, ...], template: Template,
        pixels: int,
    ) -> None:  # fmt: skip
        """Lay out the tasks. frame: its (height, width). size: (w, h) of the target. pixels: searched in a frame."""
        self._pixels = pixels
        self._tasks: list[_Task] = []
        self._next = 0
        rows, columns = template.cells
        for factor in scales:
            sized = (size[0] * factor, size[1] * factor)
            scale = template.size / math.sqrt(sized[0] * sized[1])
            overlap = tuple((cells + 2) * template.stride / scale for cells in (columns, rows))
            for part in lay_parts((frame[1], frame[0]), (overlap[0], overlap[1]), pixels / scale**2):
                self._tasks.append(_Task(part, scale, sized))

    def __len__(self) -> int:
        return len(self._tasks)

    def step(self, image: Image, template: Template, count: int = 3) -> list[Candidate]:
        """Search as much as a frame may take; the most similar places, the best first, at most `count` of a part."""
        found: list[Candidate] = []
        spent = 0.0
        for _ in range(len(self._tasks)):
            task = self._tasks[self._next]
            if spent and spent + task.pixels > self._pixels:
                break
            spent += task.pixels
            self._next = (self._next + 1) % len(self._tasks)
            found += _search(image, template, task, count)
        return sorted(found, key=lambda candidate: -candidate.similarity)


def _search(image: Image, template: Template, task: _Task, count: int) -> list[Candidate]:
    """The highest similarities of a part, apart by half the target or more."""
    found = template.compare(cut(image, task.part, task.scale, template.multiple))
    values = found.values.copy()
    places = []
    for _ in range(count):
        row, column = np.unravel_index(int(values.argmax()), values.shape)
        if values[row, column] <= -1:
            break
        x, y, (w, h) = float(found.x[column]), float(found.y[row]), task.size
        places.append(Candidate(Box(x - w / 2, y - h / 2, w, h), float(values[row, column])))
        near = (np.abs(found.y - y) <= h / 2)[:, None] & (np.abs(found.x - x) <= w / 2)
        values[near] = -1
    return places


def lay_parts(frame: tuple[int, int], overlap: tuple[float, float], pixels: float) -> list[Part]:
    """Parts of at most about `pixels` each that cover a frame (w, h) and share `overlap` (w, h) with their neighbours.

    The fewest columns are taken that leave parts twice as high as their overlap; parts are no smaller than that, even
    where it is more than `pixels`.
    """
    width, height = frame
    columns = 1
    while True:
        wide = _side(width, overlap[0], columns)
        high = pixels / wide
        if high >= min(height, 2 * overlap[1]) or wide <= 2 * overlap[0]:
            break
        columns += 1
    high = max(high, 2 * overlap[1])
    rows = 1 if high >= height else math.ceil((height - overlap[1]) / (high - overlap[1]))
    high = _side(height, overlap[1], rows)
    lefts = [i * (wide - overlap[0]) for i in range(columns)]
    tops = [i * (high - overlap[1]) for i in range(rows)]
    return [(x, y, min(x + wide, width), min(y + high, height)) for y in tops for x in lefts]


def _side(length: float, overlap: float, count: int) -> float:
    """Of `count` equal parts of a length that share `overlap`."""
    return (length + (count - 1) * overlap) / count
