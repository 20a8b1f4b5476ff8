"""Speed of the trackers on targets of several sizes, in frames of one size: what a large target costs more."""

import math
import time
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.benchmark.trackers import TrackerSpeed, starters_of
from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.raw import Choice
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.system.threads import processor_name

Image = NDArray[np.uint8]
WIDTH, HEIGHT = 1920, 1080
FRAMES = 41
"""Of every video: the first one and 40 that are timed."""
WARM = 12
"""Frames of a first, untimed round, in which all is compiled and every kind of step taken."""
SMALLEST = 8


def parse_sizes(text: str) -> list[int]:
    """[30, 900] of '30,900'. Raises InputError for what is no whole number, or no size of a target in the frame."""
    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"target sizes {text!r}: expected whole numbers of pixels, such as 30,60,250,900") from None
    for size in sizes:
        if not SMALLEST <= size <= HEIGHT:
            raise InputError(f"target size {size}: {SMALLEST} to {HEIGHT} pixels fit the frame of {WIDTH}x{HEIGHT}")
    return list(dict.fromkeys(sizes))


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
