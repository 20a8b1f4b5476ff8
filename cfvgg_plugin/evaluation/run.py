"""Trackers as they are evaluated, and one run of one over a sequence: the update alone on the clock."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.images import read_frames
from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import FrameError, InputError
from cfvgg_plugin.files import real
from cfvgg_plugin.networks import Backbone
from cfvgg_plugin.registry import create_tracker, load_backbone, load_settings, with_color_names
from cfvgg_plugin.settings import Settings
from cfvgg_plugin.tracker import Tracker


@dataclass(frozen=True)
class LoadedTracker:
    """A tracker as it is evaluated."""

    name: str
    """`tracker/setting`, as the user wrote it."""
    settings: Settings
    backbone: Backbone | None
    weights: str | None = None
    """File or name from which another process loads the same network; likewise the next two."""
    device: str = "cpu"
    backend: str = "torch"
    label: str = ""
    """What tables call it; the name where it is empty."""
    changes: Path | None = None
    """The file that changed its settings, if one did."""


@dataclass(frozen=True)
class SequenceRun:
    """A tracker's pass over one sequence."""

    boxes: NDArray[np.float64]
    """(frames, 4), 0-based; the first row is the given box."""
    scores: NDArray[np.float64]
    """(frames,) the tracker's own confidence; 1 for the first frame."""
    seconds: NDArray[np.float64] | None
    """(frames - 1,) time of each update; None where it was not measured alone on the machine."""
    lost: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    """(frames,) whether the tracker said so; empty where that is not known."""


def load_tracker(
    name: str, weights: str | None = None, color_names: Path | None = None, device: str = "cpu", backend: str = "torch",
    label: str = "", changes: Path | None = None,
) -> LoadedTracker:  # fmt: skip
    """A named tracker with its settings and network. Raises InputError where one cannot be had.

    changes: a TOML file whose entries replace the fields of their names in the settings.
    """
    own = load_settings(name, changes)
    settings = with_color_names(own, real(color_names) if color_names is not None else None)
    if weights is not None and Path(weights).exists():
        weights = str(Path(weights).resolve())  # another process may stand in another folder
    backbone = load_backbone(settings, weights, device, backend)
    if backend == "auto" and backbone is not None:
        backend = backbone.backend  # another machine may have others installed
    return LoadedTracker(name, settings, backbone, weights, device, backend, label, changes)


def check_start(loaded: LoadedTracker, guided: bool = False) -> None:
    """Start the tracker on a picture of noise. Raises InputError where its settings, tables or layers cannot be used.

    Some are only looked for then; better now than after the trackers before it. guided: also whether it can be led.
    """
    image = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    try:
        tracker = _fresh(loaded)
        tracker.init(image, (60, 40, 40, 40))
        if loaded.changes is not None:
            tracker.update(image)
    except (InputError, MemoryError):
        raise
    except Exception as error:
        if loaded.changes is None:
            raise
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise InputError(f"settings {loaded.changes}: {loaded.name} cannot run with them ({said})") from error
    if guided:
        tracker.search(image, (60, 40, 40, 40))


def _fresh(loaded: LoadedTracker) -> Tracker:
    return create_tracker(loaded.name, weights=loaded.backbone, settings=loaded.settings)


def _images(sequence: Sequence) -> Iterator[NDArray[np.uint8]]:
    """The frames in order. Raises FrameError for one that cannot be decoded: a sequence with a hole is not scored."""
    for index, image in enumerate(read_frames(sequence)):
        if image is None:
            raise FrameError(f"{sequence.frames[index]}: cannot be decoded")
        yield image


def run_sequence(loaded: LoadedTracker, sequence: Sequence) -> SequenceRun:
    """Start a fresh tracker on the first box and follow it to the last frame.

    Raises FrameError for a frame that cannot be decoded.
    """
    tracker, images = _fresh(loaded), _images(sequence)
    tracker.init(next(images), sequence.given.tolist())
    boxes, scores, seconds, lost = [sequence.given], [1.0], [], [False]
    for image in images:
        start = time.perf_counter()
        result = tracker.update(image)
        seconds.append(time.perf_counter() - start)
        boxes.append(np.array(result.box))
        scores.append(result.score)
        lost.append(result.lost)
    return SequenceRun(np.array(boxes), np.array(scores), np.array(seconds), np.array(lost))


SET_OFF = 1.2
"""Target sizes by which a guided search is displaced, at most."""


def run_guided(loaded: LoadedTracker, sequence: Sequence) -> SequenceRun:
    """Lead a fresh tracker along the true track; the boxes are where it finds the target from displaced places.

    Before each search it is set SET_OFF target sizes away at most, evenly over the disc, with the size of the target's
    last box; then it learns the true box. The displacements are the same for all trackers. Frames without a box are
    passed over, their boxes are the ones before. Raises FrameError for a frame that cannot be decoded, InputError for a
    tracker that cannot be led.
    """
    tracker, images = _fresh(loaded), _images(sequence)
    size = sequence.boxes[0, 2:]
    tracker.init(next(images), sequence.boxes[0].tolist())
    found, seconds = [sequence.boxes[0]], []
    seed = int.from_bytes(hashlib.sha256(sequence.name.encode()).digest()[:8], "little")
    displaced = np.random.default_rng(seed).uniform(size=(len(sequence.frames), 2))
    for image, truth, (angle, share) in zip(images, sequence.boxes[1:], displaced[1:], strict=True):
        start = time.perf_counter()
        box = found[-1]
        if np.isfinite(truth).all():
            turn = 2 * np.pi * angle
            away = SET_OFF * np.sqrt(share * truth[2] * truth[3]) * np.array([np.cos(turn), np.sin(turn)])
            near = np.concatenate([truth[:2] + (truth[2:] - size) / 2 + away, size])
            box = np.array(tracker.search(image, near.tolist()))
            tracker.learn(image, truth.tolist())
            size = truth[2:]
        seconds.append(time.perf_counter() - start)
        found.append(box)
    return SequenceRun(np.array(found), np.zeros(len(found)), np.array(seconds), np.zeros(len(found), bool))
