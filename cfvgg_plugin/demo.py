"""The job of `cfvgg demo`: a rendered sequence with exact ground truth, tracked, and shown.

A cat's face, cut out of a photograph that ships inside scikit-image, moves over another. It follows a curve, grows and
shrinks, rotates, is lit differently and passes behind a post. The cut-out is an ellipse, so that its axis-aligned box
is known exactly at every angle.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box, overlaps
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import make_folder, replacing, write_bytes
from cfvgg_plugin.tracker import Tracker, TrackResult
from cfvgg_plugin.video.outputs import FOUND, TRUTH, TrackedFrame, annotate, box_file, draw_box, video_file

WIDTH, HEIGHT = 480, 360
FACE_CENTRE, FACE_AXES = (236.0, 155.0), (118.0, 125.0)
"""Ellipse around the face in scikit-image's `chelsea`: (x, y) and half axes in pixels."""
SMALLEST, LARGEST = 0.28, 0.42
POST_LEFT, POST_WIDTH = 262, 26


@dataclass(frozen=True)
class Pose:
    """Target in one frame: centre in pixels, scale of the cut-out, angle in degrees, brightness factor."""

    x: float
    y: float
    scale: float
    angle: float
    light: float

    @property
    def box(self) -> Box:
        """Exact axis-aligned box of the rotated ellipse."""
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        a, b = (axis * self.scale for axis in FACE_AXES)
        return Box.around((self.x, self.y), (2 * math.hypot(a * cos, b * sin), 2 * math.hypot(a * sin, b * cos)))


def poses(frames: int) -> list[Pose]:
    """The target's course: it starts at the left and comes back to it, twice behind the post."""
    course = []
    for t in np.linspace(0, 2 * math.pi, frames):
        scale = (SMALLEST + LARGEST) / 2 - (LARGEST - SMALLEST) / 2 * math.cos(2 * t)
        light = 1 + 0.3 * math.sin(3 * t)
        course.append(Pose(240 - 150 * math.cos(t), 185 + 80 * math.sin(2 * t), scale, 14 * math.sin(2 * t), light))
    return course


def render(frames: int = 200) -> Iterator[tuple[NDArray[np.uint8], Box]]:
    """RGB frames (360, 480, 3) uint8 and the target's exact box in each. Needs scikit-image for its photographs."""
    face, background, wall = _photographs()
    noise = np.random.default_rng(0)
    mask = np.zeros(face.shape[:2], np.float32)
    centre, axes = (tuple(round(v * 16) for v in pair) for pair in (FACE_CENTRE, FACE_AXES))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA, shift=4)
    course = poses(frames)
    for number, pose in enumerate(course):
        pan = round(30 * (1 + math.sin(2 * math.pi * number / frames)))
        scene = background[20 : 20 + HEIGHT, pan : pan + WIDTH].astype(np.float32)
        matrix = np.asarray(cv2.getRotationMatrix2D(FACE_CENTRE, pose.angle, pose.scale), np.float64)
        matrix[:, 2] += np.array([pose.x, pose.y]) - FACE_CENTRE
        size = (WIDTH, HEIGHT)
        moved = cv2.warpAffine(face, matrix, size, flags=cv2.INTER_AREA).astype(np.float32) * pose.light
        alpha = cv2.warpAffine(mask, matrix, size)[:, :, None]
        frame = scene * (1 - alpha) + moved * alpha
        frame[:, POST_LEFT : POST_LEFT + POST_WIDTH] = wall[:HEIGHT, :POST_WIDTH]
        grain = noise.standard_normal(frame.shape, np.float32)
        yield (frame + 2 * grain).clip(0, 255).astype(np.uint8), pose.box


def _photographs() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Face, background (at least 400x540) and the post's texture, RGB."""
    try:
        import skimage.data  # noqa: PLC0415 (optional extra)

        data: Any = skimage.data
    except ImportError:
        raise InputError("the demo needs scikit-image and matplotlib: pip install 'cfvgg-plugin[demo]'") from None
    background = cv2.resize(data.coffee(), (600, 400))
    wall = cv2.cvtColor(data.brick(), cv2.COLOR_GRAY2RGB)
    return data.chelsea(), np.asarray(background, np.uint8), np.asarray(wall, np.uint8)


RATE = 25
"""Frames/s of its video."""
FILES = ("demo.mp4", "demo.csv", "overlap.png", "frames.png", "demo.gif")
"""What is written."""
STRIP = 8
"""Frames in the picture of the sequence."""
GIF_STEP = 5
"""Every so manieth frame is in the moving picture,"""
GIF_SIZE = (256, 192)
"""which is so wide and high,"""
GIF_COLORS = 40
"""and has so many colours: it is to load at once."""


@dataclass(frozen=True)
class DemoResult:
    """Overlap of every frame with the truth, speed of the update, and the files written."""

    overlaps: NDArray[np.float64]
    fps: float
    files: tuple[Path, ...]


def run_demo(tracker: Tracker, name: str, out: Path, frames: int = 200) -> DemoResult:
    """Track the rendered sequence; write the video, the boxes and three pictures (FILES) to the folder `out`.

    Its first frames are tracked once before the clock runs: a fresh installation compiles.
    """
    try:
        import matplotlib  # noqa: F401, PLC0415 (optional extra: fail before the work, not after it)
    except ImportError:
        raise InputError("the demo needs scikit-image and matplotlib: pip install 'cfvgg-plugin[demo]'") from None
    make_folder(out)
    files = tuple(out / file for file in FILES)
    _warm_up(tracker)
    found, truth, update_ms, shown, moving = [], [], [], [], []
    with video_file(files[0], RATE, name) as write_video, box_file(files[1]) as write_box:
        for number, (image, box) in enumerate(render(frames)):
            start = time.perf_counter()
            if number == 0:
                tracker.init(image, box)
                result = TrackResult(box, 1.0, False)
            else:
                result = tracker.update(image)
            milliseconds = 1000 * (time.perf_counter() - start)
            if number:
                update_ms.append(milliseconds)
            truth.append(box)
            found.append(result.box)
            draw_box(image, box, TRUTH, 1)
            write_video(frame := TrackedFrame(number, image, {None: result}, milliseconds, number / RATE))
            write_box(frame)
            if number % (frames // STRIP) == frames // STRIP - 1:
                shown.append(annotate(image, result, f"{name} {number}"))
            if number % GIF_STEP == 0:
                moving.append(annotate(image, result, name))
    overlap = overlaps(found, truth)
    _plot_overlap(overlap, name, files[2])
    _save_strip(shown[:STRIP], files[3])
    _save_gif(moving, files[4])
    return DemoResult(overlap, 1000 / float(np.mean(update_ms)), files)


def _warm_up(tracker: Tracker) -> None:
    for number, (image, box) in enumerate(render(8)):
        if number:
            tracker.update(image)
        else:
            tracker.init(image, box)


def _plot_overlap(overlap: NDArray[np.float64], name: str, path: Path) -> None:
    from matplotlib.figure import Figure  # noqa: PLC0415 (optional extra)

    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(overlap, color="#0072b2")
    axes.axhline(0.5, color="#999999", linewidth=0.8, linestyle="--")
    axes.set(xlabel="frame", ylabel="overlap (IoU)", ylim=(0, 1.02), xlim=(0, len(overlap) - 1))
    axes.set_title(f"{name}: mean overlap {overlap.mean():.3f}")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)


def _save_strip(images: list[NDArray[np.uint8]], path: Path) -> None:
    half = (len(images) + 1) // 2
    padded = images + [np.zeros_like(images[0])] * (2 * half - len(images))
    picture = np.vstack([np.hstack(padded[:half]), np.hstack(padded[half:])])
    write_bytes(path, cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes())


def _save_gif(images: list[NDArray[np.uint8]], path: Path) -> None:
    """A moving picture, twice as slow as the video."""
    from PIL import Image  # noqa: PLC0415 (comes with matplotlib)

    small = [Image.fromarray(cv2.resize(image, GIF_SIZE, interpolation=cv2.INTER_AREA)) for image in images]
    painted = small[0].copy()
    painted.paste(FOUND, (0, 0, 60, 60))  # the boxes' colour is rare
    palette = painted.quantize(GIF_COLORS)
    first, *rest = (picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in small)
    with replacing(path) as temporary:
        first.save(
            temporary, format="GIF", save_all=True, append_images=rest, duration=2000 * GIF_STEP // RATE, loop=0,
            optimize=True,
        )  # fmt: skip
