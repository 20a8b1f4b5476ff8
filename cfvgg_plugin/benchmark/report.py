"""How fast this machine is, in a text for an issue: a minute's work on a drawn scene, without data or extras."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from cfvgg_plugin.benchmark.networks import SIDE, benchmark_backends
from cfvgg_plugin.benchmark.sizes import Image, show, texture
from cfvgg_plugin.benchmark.trackers import CSRT, TrackerSpeed, run_video
from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.backends import BACKENDS, fastest
from cfvgg_plugin.networks.store import DEFAULT, find_weights
from cfvgg_plugin.registry import create_tracker
from cfvgg_plugin.system.machine import describe

TRACKERS = ("feco", "fdeepstrcf", "feco/hand_crafted", CSRT)
WIDTH, HEIGHT, TARGET = 640, 480, 60
"""Pixels of a frame, and of the target's side."""
FRAMES = 41
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
    ground, target = texture(WIDTH, HEIGHT, 0), texture(TARGET, TARGET, 1)
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
        f"{report.threads} thread(s); a drawn target of {TARGET} px in {WIDTH}x{HEIGHT}, {FRAMES} frames, "
        f"median of {report.rounds} round(s); networks by {fastest()}{note}",
        "```",
    ])  # fmt: skip
