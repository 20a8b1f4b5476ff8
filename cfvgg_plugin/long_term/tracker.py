"""A tracker that finds its target again, made of one that does not, and the search of the whole frame for it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box, overlaps
from cfvgg_plugin.features.sampling import Image
from cfvgg_plugin.long_term.settings import LongTermSettings
from cfvgg_plugin.long_term.template import Template, cut
from cfvgg_plugin.networks.backbone import Backbone
from cfvgg_plugin.tracker import Tracker, TrackResult

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


class LongTermTracker(Tracker):
    """Follows with a short-term tracker; when that has lost its target, searches the whole frame.

    Until the first loss the results are the short-term tracker's own. From a loss on nothing is learned: in every
    frame a part of the picture is compared with the target's looks (`Sweep`), and the short-term tracker looks at one
    place (`Tracker.probe`): the one that is being confirmed, else the most similar new one, else where the target was
    last. A place that was confirmed for some frames in a row is believed, and followed from there.
    """

    def __init__(self, tracker: Tracker, settings: LongTermSettings, backbone: Backbone | None = None) -> None:
        """`tracker` follows; `backbone` has the settings' tap."""
        self.short, self.long_term = tracker, settings
        self.settings = getattr(tracker, "settings", None)
        self._backbone = backbone

    def _start(self, image: NDArray[np.uint8], box: Box) -> None:
        self.short.init(image, box)
        height, width = image.shape[:2]
        least = math.sqrt(box.w * box.h)
        settings = self.long_term
        swept = width * height * sum(1 / scale**2 for scale in settings.scales)
        bound = least * math.sqrt(settings.sweep_frames * settings.pixels / swept)
        self._template = Template(image, box, min(settings.target_size, bound), settings, self._backbone)
        self._chance = self._template.chance(image, box)
        self._last = box
        self._looks = [self._template.look(image, box)] * 2
        self._frame_number = 0
        self._found()

    def _place(self, box: Box) -> None:
        self._last = box
        self.short._place(box)

    def _correct_to(self, box: Box) -> None:
        """Whatever was searched for: it is there."""
        self.short.correct(box)
        self._last = box
        self._found()

    def _found(self) -> None:
        """Nothing is looked for."""
        self._sweep: Sweep | None = None
        self._lost_at = self._doubts = self._confirmed = 0
        self._candidate: Box | None = None
        self._rejected: list[tuple[Box, int]] = []

    def _step(self, image: NDArray[np.uint8]) -> TrackResult:
        self._frame_number += 1
        if self._sweep is not None:
            return self._look_for(image, self._sweep)
        result = self.short.update(image)
        if result.lost:
            self._lose(image)
        elif self._frame_number % self.long_term.check_every == 0 and self._doubt(image, result):
            self._lose(image)
            return self._unsure(result)
        else:
            self._last = result.box
        return result

    def _doubt(self, image: NDArray[np.uint8], result: TrackResult) -> bool:
        """Whether what is followed does not look like the target; a good look is kept now and then."""
        settings = self.long_term
        similarity = self._template.at(image, result.box)
        self._doubts = self._doubts + 1 if similarity < settings.doubt else 0
        if (
            self._frame_number % settings.remember_every == 0
            and result.score >= settings.sure
            and similarity >= settings.similar
        ):
            self._looks = [self._looks[1], self._template.look(image, result.box)]
            self._template.remember(self._looks[0])  # the newer one may show already what hides the target
        return self._doubts >= settings.doubts

    def _lose(self, image: NDArray[np.uint8]) -> None:
        settings = self.long_term
        size = (self._last.w, self._last.h)
        # some of the budget is for comparing a similar place anew, and what is found there
        pixels = max(settings.pixels - (len(settings.refine) + 1) * self._template.look_pixels, settings.pixels // 3)
        self._sweep = Sweep((image.shape[0], image.shape[1]), size, settings.scales, self._template, pixels)
        self._lost_at = self._frame_number

    def _look_for(self, image: NDArray[np.uint8], sweep: Sweep) -> TrackResult:
        """Go on with the search; the place that is looked at is the best guess."""
        settings = self.long_term
        near = self._frame_number - self._lost_at <= settings.near_frames
        start = self._choose(image, sweep, near)
        result = self.short.probe(image, start)
        near = near and overlaps(result.box, self._last)[0] > 0
        least = settings.confirm_near if near else max(settings.confirm, self._chance)
        if result.lost or self._template.at(image, result.box) < least:
            if start != self._last:
                self._rejected.append((start, self._frame_number))
            self._candidate, self._confirmed = None, 0
            return self._unsure(result)
        self._candidate, self._confirmed = result.box, self._confirmed + 1
        if self._confirmed < (1 if near else settings.confirm_frames):
            return self._unsure(result)
        self._last = result.box
        self._found()
        return result

    def _choose(self, image: NDArray[np.uint8], sweep: Sweep, near: bool) -> Box:
        """Where the short-term tracker looks in this frame."""
        settings = self.long_term
        found = sweep.step(image, self._template)
        if self._candidate is not None:
            return self._candidate
        if near:
            return self._last
        first = self._frame_number - settings.rejected_frames
        self._rejected = [(box, number) for box, number in self._rejected if number > first]
        for candidate in found:
            if candidate.similarity < max(settings.similar, self._chance):
                break
            if not any(_close(candidate.box, box) for box, _ in self._rejected):
                return self._template.refine(image, candidate.box, settings.refine)[0]
        return self._last

    def _unsure(self, result: TrackResult) -> TrackResult:
        """The result as that of a lost target: its score is below any that is not lost."""
        score = getattr(self.settings, "score", None)
        least = 1.0 if score is None else score.lost_below
        return TrackResult(result.box, result.score * least, True)


def _close(box: Box, other: Box) -> bool:
    """Whether the centres are less than half a target apart."""
    (x, y), (u, v) = box.centre, other.centre
    return abs(x - u) < other.w / 2 and abs(y - v) < other.h / 2
