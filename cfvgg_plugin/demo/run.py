"""Track the demo's sequence and show how it went: the job of `cfvgg demo`."""

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.demo.scene import render
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import make_folder, replacing, write_bytes
from cfvgg_plugin.tracker import Tracker, TrackResult
from cfvgg_plugin.video.drawing import FOUND, TRUTH, annotate, draw_box
from cfvgg_plugin.video.outputs import TrackedFrame, box_file, video_file

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
    """Picture of the overlap over time."""
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
    """Frames side by side in two rows."""
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
