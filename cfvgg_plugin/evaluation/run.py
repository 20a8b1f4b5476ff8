"""Trackers as they are evaluated, and one pass of one over a sequence: the update alone on the clock."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import FrameError
from cfvgg_plugin.frames import read_image
from cfvgg_plugin.networks import Backbone
from cfvgg_plugin.registry import create_tracker, load_backbone, load_settings, with_color_names


@dataclass(frozen=True)
class Entrant:
    """A tracker as it is evaluated."""

    name: str
    """`tracker/setting`, as the user wrote it."""
    settings: Any
    backbone: Backbone | None
    weights: str | None = None
    """File or name from which another process loads the same network; likewise the next two."""
    device: str = "cpu"
    backend: str = "torch"
    label: str = ""
    """What tables call it; the name where it is empty."""


@dataclass(frozen=True)
class SequenceRun:
    """A tracker's pass over one sequence."""

    boxes: NDArray[np.float64]
    """(frames, 4), 0-based; the first row is the given box."""
    scores: NDArray[np.float64]
    """(frames,) the tracker's own confidence; 1 for the first frame."""
    seconds: NDArray[np.float64] | None
    """(frames - 1,) time of each update; None where it was not measured alone on the machine."""


def enter(
    name: str, weights: str | None = None, color_names: Path | None = None, device: str = "cpu", backend: str = "torch",
    label: str = "",
) -> Entrant:  # fmt: skip
    """A named tracker with its settings and network. Raises InputError where one cannot be had."""
    settings = with_color_names(load_settings(name), color_names.resolve() if color_names is not None else None)
    if weights is not None and Path(weights).exists():
        weights = str(Path(weights).resolve())  # another process may stand in another folder
    backbone = load_backbone(settings, weights, device, backend)
    return Entrant(name, settings, backbone, weights, device, backend, label)


def check_start(entrant: Entrant) -> None:
    """Start the tracker on a picture of noise. Raises InputError where its settings, tables or layers cannot be used.

    Some are only looked for then; better now than after the trackers before it.
    """
    image = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    create_tracker(entrant.name, weights=entrant.backbone, settings=entrant.settings).init(image, (60, 40, 40, 40))


def run_sequence(entrant: Entrant, sequence: Sequence) -> SequenceRun:
    """Start a fresh tracker on the first annotated box and follow it to the last frame.

    Raises FrameError for a frame that cannot be decoded: a sequence with a hole in it is not scored.
    """
    tracker = create_tracker(entrant.name, weights=entrant.backbone, settings=entrant.settings)
    boxes, scores, seconds = [sequence.boxes[0]], [1.0], []
    for index, path in enumerate(sequence.frames):
        image = read_image(path)
        if image is None:
            raise FrameError(f"{path}: cannot be decoded")
        if index == 0:
            tracker.init(image, sequence.boxes[0])
            continue
        start = time.perf_counter()
        result = tracker.update(image)
        seconds.append(time.perf_counter() - start)
        boxes.append(np.array(result.box))
        scores.append(result.score)
    return SequenceRun(np.array(boxes), np.array(scores), np.array(seconds))
