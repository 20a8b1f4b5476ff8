"""Speed of the trackers on drawn scenes, without data: targets of several sizes, and a short report for an issue.

By size, in frames of one size: what a large target costs more. The report is a minute's work and needs no extras.
"""

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.benchmark.networks import SIDE, benchmark_backends
from cfvgg_plugin.benchmark.trackers import CSRT, TrackerSpeed, run_video, starters_of
from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.raw import Choice
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.backends import BACKENDS, fastest
from cfvgg_plugin.networks.store import DEFAULT, find_weights
from cfvgg_plugin.registry import create_tracker
from cfvgg_plugin.system.machine import describe, processor_name

Image = NDArray[np.uint8]
WIDTH, HEIGHT = 1920, 1080
FRAMES = 41
"""Of every video: the first one and 40 that are timed."""
WARM = 12
"""Frames of a first, untimed round, in which all is compiled and every kind of step taken."""
SMALLEST = 8


def whole_numbers(text: str, what: str, expected: str) -> list[int]:
    """[30, 900] of '30,900', each once. Raises InputError, which says what `expected` is of `what`, for other text."""
    try:
        return list(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        raise InputError(f"{what} {text!r}: expected whole numbers{expected}") from None


def parse_sizes(text: str) -> list[int]:
    """[30, 900] of '30,900'. Raises InputError for what is no whole number, or no size of a target in the frame."""
    sizes = whole_numbers(text, "target sizes", " of pixels, such as 30,60,250,900")
    for size in sizes:
        if not SMALLEST <= size <= HEIGHT:
            raise InputError(f"target size {size}: {SMALLEST} to {HEIGHT} pixels fit the frame of {WIDTH}x{HEIGHT}")
    return sizes


def texture(width: int, height: int, seed: int) -> Image:
    """Coloured blobs of all sizes (height, width, 3), alike on every scale."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3), np.float32)
    side = 4
    while side <= max(width, height):
        shape = (max(side * height // max(width, height), 2), max(side * width // max(width, height), 2), 3)
        total += cv2.resize(rng.standard_normal(shape, np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        side *= 2
    return (128 + 24 * total).clip(0, 255).astype(np.uint8)


def show(ground: Image, target: Image, side: int, number: int) -> tuple[Image, Box]:
    """Frame `number` and the box in it: a square of `side` pixels moves on an ellipse, and grows and shrinks by 5 %.

    What it does in a frame is in proportion to its size, as far as the frame leaves it room.
    """
    height, width = ground.shape[:2]
    angle = 2 * math.pi * number / FRAMES
    now = round(side * (1 - 0.05 * math.sin(angle) ** 2))
    room = [(length - side) / 2 for length in (width, height)]
    x, y = (
        round((length - now) / 2 + min(side / 4, free) * wave)
        for length, free, wave in zip((width, height), room, (math.cos(angle), math.sin(angle)), strict=True)
    )
    frame = ground.copy()
    frame[y : y + now, x : x + now] = cv2.resize(target, (now, now), interpolation=cv2.INTER_AREA)
    return frame, Box(x, y, now, now)


def benchmark_sizes(
    trackers: Iterable[Choice], sizes: list[int], backends: tuple[str, ...] = ("torch",)
) -> dict[str, dict[int, TrackerSpeed]]:
    """Every tracker on a target of every size, all of them frame by frame in turn, so that a busy moment hits all."""
    starters = starters_of(trackers, backends)
    ground = texture(WIDTH, HEIGHT, 0)
    targets = {size: texture(size, size, 1) for size in sizes}
    for frames in (WARM, FRAMES):
        running = {name: {size: start() for size in sizes} for name, start in starters.items()}
        speeds = {name: {size: TrackerSpeed() for size in sizes} for name in starters}
        for number in range(frames):
            for size, target in targets.items():
                image, box = show(ground, target, size, number)
                for name in starters:
                    tracker, speed = running[name][size], speeds[name][size]
                    begin = time.perf_counter()
                    if number:
                        tracker.update(image)
                    else:
                        tracker.init(image, box)
                    (speed.updates if number else speed.first).append(time.perf_counter() - begin)
    return speeds


def format_sizes(speeds: dict[str, dict[int, TrackerSpeed]], threads: int) -> str:
    """Milliseconds a frame by size, as a table."""
    sizes = list(next(iter(speeds.values())))
    rows = [(name, *(f"{1000 / speed.fps:.2f}" for speed in own.values())) for name, own in speeds.items()]
    text = format_table(("ms a frame, target of", *(f"{size} px" for size in sizes)), rows)
    return f"{text}\nframes of {WIDTH}x{HEIGHT}; {threads} thread(s) of {processor_name()}; drawing outside the clock"


TRACKERS = ("feco", "fdeepstrcf", "feco/hand_crafted", CSRT)
SMALL_WIDTH, SMALL_HEIGHT, TARGET = 640, 480, 60
"""Pixels of a frame, and of the target's side."""
ROUNDS = 5
PATIENCE = 25.0
"""Seconds from the start after which no further round is begun: a slow machine has fewer."""


@dataclass(frozen=True)
class SpeedReport:
    """What was measured."""

    machine: dict[str, str]
    threads: int
    network_ms: dict[str, float]
    """Median milliseconds of the default student, by backend."""
    fps: dict[str, float]
    """Median of the rounds, by tracker."""
    rounds: int

    def as_dict(self) -> dict[str, object]:
        """JSON values."""
        return vars(self) | {"times_csrt": {name: ratio for name in self.fps if (ratio := self.ratio(name))}}

    def ratio(self, name: str) -> float | None:
        """A tracker's frames/s over CSRT's; None where that is not installed."""
        return self.fps[name] / self.fps[CSRT] if CSRT in self.fps else None


def measure(threads: int) -> SpeedReport:
    """Time the default student in every backend, and the trackers one after the other, round by round."""
    began, rounds = time.perf_counter(), 0
    network = benchmark_backends(load_weights(find_weights(None)))
    starters = {name: partial(create_tracker, name, backend="auto") for name in TRACKERS if name != CSRT or _has_csrt()}
    frames = list(scene())
    images, box = [image for image, _ in frames], tuple(frames[0][1])
    for start in starters.values():  # compiles, if need be, and takes every kind of step
        run_video(start(), images[:12], box, TrackerSpeed(), None)
    rates: dict[str, list[float]] = {name: [] for name in starters}
    while rounds == 0 or (rounds < ROUNDS and time.perf_counter() - began < PATIENCE):
        for name, start in starters.items():
            run_video(start(), images, box, speed := TrackerSpeed(), None)
            rates[name].append(speed.fps)
        rounds += 1
    fps = {name: float(np.median(found)) for name, found in rates.items()}
    return SpeedReport(describe(), threads, network, fps, rounds)


def scene() -> Iterator[tuple[Image, Box]]:
    """The frames and the target's box in each; the target is a square that moves and changes its size."""
    ground, target = texture(SMALL_WIDTH, SMALL_HEIGHT, 0), texture(TARGET, TARGET, 1)
    return (show(ground, target, TARGET, number) for number in range(FRAMES))


def _has_csrt() -> bool:
    if not hasattr(cv2, "TrackerCSRT_create"):
        return False
    try:
        create_tracker(CSRT)
    except InputError:
        return False
    return True


def format_report(report: SpeedReport) -> str:
    """Markdown, so that an issue shows it as it stands."""
    lines = [f"{name}: {text}" for name, text in report.machine.items()]
    missing = [name for name in BACKENDS if name not in report.network_ms]
    network = ", ".join(f"{name} {milliseconds:.2f} ms" for name, milliseconds in report.network_ms.items())
    hint = f" (not installed: {', '.join(missing)})" if missing else ""
    rows = [
        (name, f"{fps:.1f}", f"{1000 / fps:.2f}", f"{ratio:.2f}" if (ratio := report.ratio(name)) else "")
        for name, fps in report.fps.items()
    ]
    note = "" if CSRT in report.fps else "; CSRT is missing: pip install 'cfvgg-plugin[opencv-trackers]'"
    return "\n".join([
        "```text",
        *lines,
        "",
        f"network ({DEFAULT}, {SIDE}x{SIDE}): {network}{hint}",
        "",
        format_table(("tracker", "frames/s", "ms", "times CSRT"), rows),
        f"{report.threads} thread(s); a drawn target of {TARGET} px in {SMALL_WIDTH}x{SMALL_HEIGHT}, {FRAMES} frames, "
        f"median of {report.rounds} round(s); networks by {fastest()}{note}",
        "```",
    ])  # fmt: skip
