"""Speed of several targets in one stream: a lone tracker each, and all of them in a `MultiTracker`."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.benchmark.drawn import FRAMES, Image, texture, whole_numbers
from cfvgg_plugin.benchmark.trackers import starters_of, videos
from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.raw import Choice
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.multi import MultiTracker
from cfvgg_plugin.system.machine import processor_name
from cfvgg_plugin.tracker import Tracker, TrackResult

WIDTH, HEIGHT = 1280, 720
SIDE = 60
"""Pixels: side of a drawn target."""
COLUMNS, ROWS = 8, 5
TURN = 9
"""Frames in a row for each number of targets of each tracker; then it is the next one's turn."""
MOST = COLUMNS * ROWS
"""Targets that have a place of their own in a frame."""

Scene = list[tuple[Image, list[Box]]]
"""Frames, and where MOST targets are, of which the first frame's are needed."""


@dataclass(frozen=True)
class TargetsSpeed:
    """So many targets followed by one kind of tracker."""

    lone_ms: float
    """Milliseconds a frame of a lone tracker for each."""
    multi_ms: float
    """Of a MultiTracker."""
    times_one: float
    """`multi_ms` over the milliseconds of one lone tracker of the first target."""
    apart: float
    """Pixels: the largest difference between a number of a box here and there."""


@dataclass
class _Runs:
    """Both ways, side by side."""

    lone: list[Tracker]
    multi: MultiTracker
    lone_s: list[float] = field(default_factory=list)
    multi_s: list[float] = field(default_factory=list)
    apart: float = 0.0

    def start(self, image: Image, boxes: list[Box]) -> None:
        for target in self.multi.ids:  # all at first: the scene before may have had frames of another size
            self.multi.remove(target)
        for number, tracker in enumerate(self.lone):
            tracker.init(image, boxes[number])
            self.multi.add(number, image, boxes[number])

    def step(self, image: Image, multi_first: bool, timed: bool) -> None:
        """Next frame, which the first of the two has to fetch from memory."""
        order = slice(None, None, -1 if multi_first else 1)
        ways = [_clock(way, image) for way in [self._alone, self._all][order]]
        (lone_s, alone), (multi_s, found) = ways[order]
        if timed:
            self.lone_s.append(lone_s)
            self.multi_s.append(multi_s)
        pairs = [zip(one.box, other.box, strict=True) for one, other in zip(alone, found, strict=True)]
        self.apart = max(self.apart, *(abs(a - b) for pair in pairs for a, b in pair))

    def _alone(self, image: Image) -> list[TrackResult]:
        return [tracker.update(image) for tracker in self.lone]

    def _all(self, image: Image) -> list[TrackResult]:
        return list(self.multi.update(image).values())


def _clock(work: Callable[[Image], list[TrackResult]], image: Image) -> tuple[float, list[TrackResult]]:
    begin = time.perf_counter()
    results = work(image)
    return time.perf_counter() - begin, results


def parse_counts(text: str) -> list[int]:
    """[1, 5] of '1,5'. Raises InputError for what is no whole number, or more targets than there are places."""
    counts = whole_numbers(text, "targets", ", such as 1,5,20")
    for count in counts:
        if not 1 <= count <= MOST:
            raise InputError(f"targets {count}: 1 to {MOST} are possible")
    return counts


def drawn() -> Scene:
    """Squares of SIDE pixels, each with a texture of its own, that circle on a ground of 1280x720."""
    ground = texture(WIDTH, HEIGHT, 0)
    targets = [texture(SIDE, SIDE, 1 + number) for number in range(MOST)]
    scene = []
    for step in range(FRAMES):
        image, boxes = ground.copy(), []
        for number, ((x, y), target) in enumerate(zip(_places(WIDTH, HEIGHT, SIDE, SIDE), targets, strict=True)):
            angle = 2 * math.pi * step / FRAMES + number
            left, top = round(x + SIDE / 4 * math.cos(angle)), round(y + SIDE / 4 * math.sin(angle))
            image[top : top + SIDE, left : left + SIDE] = target
            boxes.append(Box(left, top, SIDE, SIDE))
        scene.append((image, boxes))
    return scene


def _places(width: int, height: int, w: float, h: float) -> list[tuple[float, float]]:
    """Top left corners of MOST boxes of w x h, spread over a frame; they overlap where it is small."""
    return [
        ((column + 0.5) * width / COLUMNS - w / 2, (row + 0.5) * height / ROWS - h / 2)
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]


def filmed(images: list[NDArray[np.uint8]], box: tuple[float, ...]) -> Scene:
    """The first frames of a video; its target first, then parts of the picture of the same size all over it."""
    height, width = images[0].shape[:2]
    target = Box(*box)
    others = [Box(x, y, target.w, target.h) for x, y in _places(width, height, target.w, target.h)]
    return [(image, [target, *others[1:]]) for image in images[:FRAMES]]


def _scenes(root: Path | None, sequences: list[str] | None) -> Iterator[Scene]:
    if root is None:
        yield drawn()
        return
    for images, box in videos(root, sequences):
        if len(images) < 2:
            raise InputError(f"{root}: a sequence of {len(images)} frames; two are needed to time an update")
        yield filmed(images, box)


def benchmark_targets(
    trackers: Iterable[Choice], counts: list[int], root: Path | None, sequences: list[str] | None,
    backends: tuple[str, ...] = ("torch",), threads: int = 1,
) -> dict[str, dict[int, TargetsSpeed]]:  # fmt: skip
    """Every tracker with every number of targets, all in turn, some frames each, so that a busy moment hits all.

    root: folder in OTB layout; None draws the frames. threads: of every MultiTracker.
    """
    starters = starters_of(trackers, backends)
    runs: dict[str, dict[int, _Runs]] = {}
    for scene in _scenes(root, sequences):
        runs = runs or {
            name: {
                count: _Runs(
                    [start() for _ in range(count)], MultiTracker(start.args[0], **start.keywords, threads=threads)
                )
                for count in dict.fromkeys([1, *counts])
            }
            for name, start in starters.items()
        }
        _run(scene, [run for own in runs.values() for run in own.values()])
    return {name: {count: _speed(own[count], own[1]) for count in counts} for name, own in runs.items()}


def _run(scene: Scene, runs: list[_Runs]) -> None:
    """A third of the frames untimed, in which all is compiled and every kind of step taken, the others in turns."""
    for run in runs:
        run.start(*scene[0])
    images = [image for image, _ in scene[1:]]
    warm = len(images) // 3
    turns = [images[:warm], *(images[at : at + TURN] for at in range(warm, len(images), TURN))]
    for number, turn in enumerate(turns):
        for run in runs:
            for at, image in enumerate(turn):
                cold = at == 0 < len(turn) - 1  # the trackers before have filled the caches
                run.step(image, at % 2 == 0, timed=number > 0 and not cold)


def _speed(run: _Runs, one: _Runs) -> TargetsSpeed:
    lone, multi, alone = (1000 * float(np.mean(seconds)) for seconds in (run.lone_s, run.multi_s, one.lone_s))
    return TargetsSpeed(lone, multi, multi / alone, run.apart)


def format_targets(speeds: dict[str, dict[int, TargetsSpeed]], threads: int, backends: tuple[str, ...]) -> str:
    """The benchmark as a table."""
    rows = [
        (name, str(count), f"{s.lone_ms:.2f}", f"{s.multi_ms:.2f}", f"{s.times_one:.2f}", f"{s.apart:.4f}")
        for name, own in speeds.items()
        for count, s in own.items()
    ]
    header = ("tracker", "targets", "lone ms a frame", "MultiTracker ms", "times one", "boxes apart, px")
    return (
        f"{format_table(header, rows)}\nMultiTracker with {threads} thread(s), lone trackers with 1, of "
        f"{processor_name()}; reading and drawing outside the clock"
        + (f"; networks by {', '.join(backends)}" if backends else "")
    )


def as_dict(speeds: dict[str, dict[int, TargetsSpeed]]) -> dict[str, Any]:
    """JSON values, by tracker and number of targets."""
    return {name: {str(count): asdict(speed) for count, speed in own.items()} for name, own in speeds.items()}
