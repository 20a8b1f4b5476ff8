"""Speed of the trackers, measured in turn on the same frames, beside OpenCV's CSRT."""

import cProfile
import pstats
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.images import read_frames
from cfvgg_plugin.datasets.layouts import load_otb
from cfvgg_plugin.demo import render
from cfvgg_plugin.evaluation.raw import Choice
from cfvgg_plugin.evaluation.run import check_start, load_tracker
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.registry import create_tracker, load_backbone, load_settings
from cfvgg_plugin.system.machine import processor_name, vector_instructions
from cfvgg_plugin.tracker import Tracker

TRACKERS = ("feco/default", "feco/hand_crafted", "fdeepstrcf/default", "fkcf/conv2", "fkcf/hog")
CSRT = "opencv/csrt"
STAGES = {
    "sampling": [("features/window.py", "_samples"), ("trackers/feco/scale.py", "_samples")],
    "network": [("networks/backbone.py", "run"), ("networks/onnx.py", "run")],
    "FHOG": [("features/hog.py", "extract")],
    "scale filter": [("filters/scale.py", "find_scale"), ("filters/scale.py", "update_scale")],
    "detection": [
        ("trackers/feco/translation.py", "extract"),
        ("trackers/feco/translation.py", "respond"),
        ("trackers/fdeepstrcf/fdeepstrcf.py", "_respond"),
        ("filters/kcf.py", "respond"),
        ("filters/localisation.py", "refine_peaks"),
        ("filters/localisation.py", "locate"),
        ("filters/localisation.py", "peak_to_sidelobe"),
    ],
    "training": [("trackers/feco/translation.py", "learn"), ("filters/strcf.py", "fit"), ("filters/kcf.py", "fit")],
}
"""Functions of each stage, by file and name; where one calls another itself, the time is the caller's."""

Image = NDArray[np.uint8]
Video = tuple[list[Image], tuple[float, ...]]


@dataclass
class TrackerSpeed:
    """Times of one tracker."""

    first: list[float] = field(default_factory=list)
    """Seconds of every `init`."""
    updates: list[float] = field(default_factory=list)
    """Seconds of every `update`."""
    stages: dict[str, float] = field(default_factory=dict)
    """Milliseconds a frame of every stage, if profiled."""

    @property
    def fps(self) -> float:
        """Updates over all their seconds."""
        return len(self.updates) / sum(self.updates)

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        values = {"fps": self.fps, "mean_ms": 1000 / self.fps, "first_frame_ms": 1000 * float(np.median(self.first))}
        return values | ({"stages_ms": self.stages} if self.stages else {})


def backends_of(choice: Choice, backends: Iterable[str]) -> list[str]:
    """What runs a tracker's network where these are asked for, each once: of "auto" that depends on network and use."""
    settings = load_settings(choice.name, choice.changes)
    networks = {backend: load_backbone(settings, choice.weights, backend=backend) for backend in backends}
    return list(dict.fromkeys(backend if found is None else found.backend for backend, found in networks.items()))


def starters_of(trackers: Iterable[Choice], backends: tuple[str, ...]) -> dict[str, partial[Tracker]]:
    """What makes each tracker, by its label; with several backends by `label backend`.

    Raises InputError for changed settings that cannot be used.
    """
    starters = {}
    for choice in trackers:
        settings = load_settings(choice.name, choice.changes)
        if choice.changes is not None:
            check_start(load_tracker(choice.name, choice.weights, changes=choice.changes))
        for backend in backends_of(choice, backends):
            label = choice.label if len(backends) == 1 else f"{choice.label} {backend}"
            starters[label] = partial(
                create_tracker, choice.name, weights=choice.weights, settings=settings, backend=backend
            )
    return starters


def benchmark_trackers(
    trackers: Iterable[Choice], root: Path | None, sequences: list[str] | None, profile: bool,
    backends: tuple[str, ...] = ("torch",),
) -> dict[str, TrackerSpeed]:  # fmt: skip
    """Run every tracker over every video, one after the other on each, so that a busy moment hits all.

    Each is named by its label; several backends are timed in turn too, each under the name `label backend`.
    root: folder in OTB layout; None takes the demo's rendered sequence. CSRT joins where OpenCV has it.
    """
    starters = starters_of(trackers, backends)
    if hasattr(cv2, "TrackerCSRT_create"):
        starters[CSRT] = partial(create_tracker, CSRT)
    speeds = {name: TrackerSpeed() for name in starters}
    profiles = {name: (cProfile.Profile(), TrackerSpeed()) for name in starters if profile and name != CSRT}
    for images, box in videos(root, sequences):
        for name, start in starters.items():
            run_video(start(), images, box, speeds[name], None)
            if name in profiles:
                collected, slowed = profiles[name]
                run_video(start(), images, box, slowed, collected)
    for name, (collected, slowed) in profiles.items():
        speeds[name].stages = _stages(collected, sum(slowed.updates), 1000 / speeds[name].fps)
    return speeds


def videos(root: Path | None, names: list[str] | None) -> Iterator[Video]:
    """Frames and first box of every video, one video in memory at a time."""
    if root is None:
        frames = list(render())
        yield [image for image, _ in frames], tuple(frames[0][1])
        return
    for sequence in load_otb(root, names):
        images = [image for image in read_frames(sequence) if image is not None]
        yield images, tuple(float(v) for v in sequence.boxes[0])


def run_video(tracker: Tracker, images: list[Image], box: tuple[float, ...], speed: TrackerSpeed, profile: Any) -> None:
    """Track one video; the profiler, if any, sees the updates alone."""
    start = time.perf_counter()
    tracker.init(images[0], box)
    speed.first.append(time.perf_counter() - start)
    if profile:
        profile.enable()
    for image in images[1:]:
        start = time.perf_counter()
        tracker.update(image)
        speed.updates.append(time.perf_counter() - start)
    if profile:
        profile.disable()


def _stage_of(file: str, _: int, name: str) -> str | None:
    file = file.replace("\\", "/")
    for stage, functions in STAGES.items():
        if any(name == function and file.endswith(end) for end, function in functions):
            return stage
    return None


def _stages(profile: cProfile.Profile, total: float, milliseconds: float) -> dict[str, float]:
    """Milliseconds of each stage: its share of the `total` seconds under the profiler, of the mean time without one."""
    stats: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    stages = {function: stage for function in stats if (stage := _stage_of(*function))}
    times = dict.fromkeys(STAGES, 0.0)
    for function, stage in stages.items():
        _, _, _, spent, callers = stats[function]
        spent -= sum(part[3] for caller, part in callers.items() if caller in stages)
        times[stage] += milliseconds * spent / total
    return {stage: value for stage, value in times.items() if value > 0} | {"other": milliseconds - sum(times.values())}


def format_trackers(speeds: dict[str, TrackerSpeed], threads: int, backends: tuple[str, ...] = ()) -> str:
    """Speeds, and where the milliseconds go, as tables."""
    base = speeds[CSRT].fps if CSRT in speeds else None
    rows = [
        (
            name,
            f"{speed.fps:.1f}",
            f"{1000 / speed.fps:.2f}",
            f"{1000 * float(np.median(speed.first)):.0f}",
            f"{speed.fps / base:.2f}" if base else "",
        )
        for name, speed in speeds.items()
    ]
    text = format_table(("tracker", "frames/s", "ms", "first frame ms", "times CSRT"), rows)
    profiled = {name: speed.stages for name, speed in speeds.items() if speed.stages}
    if profiled:
        columns = [*STAGES, "other"]
        lines = [(name, *(f"{stages.get(c, 0):.2f}" for c in columns)) for name, stages in profiled.items()]
        text += "\n\n" + format_table(("ms a frame", *columns), lines)
    note = f"; networks by {', '.join(backends)}" if backends else ""
    note += "" if base else "; CSRT is missing: pip install 'cfvgg-plugin[opencv-trackers]'"
    machine = f"{processor_name()} ({' '.join(vector_instructions()) or 'no vector instructions known'})"
    return f"{text}\n{threads} thread(s) of {machine}; image reading outside the clock{note}"
