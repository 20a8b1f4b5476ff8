"""Run trackers over sequences: one pass, the update alone on the clock."""

import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cfvgg_plugin.errors import FrameError
from cfvgg_plugin.evaluation.otb import Sequence
from cfvgg_plugin.evaluation.scoring import Score, score_boxes
from cfvgg_plugin.files import make_folder, replacing, write_json
from cfvgg_plugin.frames import read_image
from cfvgg_plugin.networks import Backbone
from cfvgg_plugin.registry import create_tracker, load_settings
from cfvgg_plugin.settings import settings_dict, settings_hash
from cfvgg_plugin.threads import processor_name


@dataclass(frozen=True)
class SequenceRun:
    """A tracker's pass over one sequence."""

    boxes: NDArray[np.float64]
    """(frames, 4), 0-based; the first row is the given box."""
    scores: NDArray[np.float64]
    """(frames,) the tracker's own confidence; 1 for the first frame."""
    seconds: NDArray[np.float64]
    """(frames - 1,) time of each update."""


@dataclass(frozen=True)
class SequenceResult:
    """Score and speed on one sequence, or why there is none."""

    name: str
    score: Score | None
    fps: float
    updates: int
    failure: str = ""


@dataclass(frozen=True)
class TrackerResult:
    """One tracker on all sequences."""

    name: str
    sequences: tuple[SequenceResult, ...]

    @property
    def scored(self) -> list[tuple[SequenceResult, Score]]:
        """Sequences that did not fail, with their scores."""
        return [(s, s.score) for s in self.sequences if s.score is not None]

    def summary(self) -> dict[str, Any]:
        """{"auc", "dp20", "fps", "sequences"}: unweighted means over the scored sequences; None if all failed.

        The speed is all updates over all their seconds.
        """
        scored = self.scored
        seconds = sum(s.updates / s.fps for s, _ in scored if s.fps)
        return {
            "auc": float(np.mean([score.auc for _, score in scored])) if scored else None,
            "dp20": float(np.mean([score.dp20 for _, score in scored])) if scored else None,
            "fps": sum(s.updates for s, _ in scored) / seconds if seconds else None,
            "sequences": {
                s.name: {"auc": s.score.auc, "dp20": s.score.dp20, "fps": s.fps} if s.score else {"failed": s.failure}
                for s in self.sequences
            },
        }


def run_sequence(name: str, sequence: Sequence, backbone: Backbone | None) -> SequenceRun:
    """Start a fresh tracker on the first annotated box and follow it to the last frame.

    Raises FrameError for a frame that cannot be decoded: a sequence with a hole in it is not scored.
    """
    tracker = create_tracker(name, weights=backbone)
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


def evaluate(
    name: str,
    sequences: Iterable[Sequence],
    backbone: Backbone | None = None,
    results: Path | None = None,
    progress: Callable[[int], Any] = lambda frames: None,
) -> TrackerResult:
    """Run and score one tracker; with `results`, keep the raw boxes of every sequence in a folder below it.

    `progress` is told the frames of every sequence when it is done.
    """
    folder = _result_folder(results, name, load_settings(name), backbone) if results is not None else None
    done = []
    for sequence in sequences:
        try:
            run = run_sequence(name, sequence, backbone)
        except FrameError as error:
            done.append(SequenceResult(sequence.name, None, 0.0, 0, str(error)))
            continue
        finally:
            progress(len(sequence.frames))
        if folder is not None:
            _save_boxes(folder / f"{sequence.name}.txt", run.boxes)
        score = score_boxes(run.boxes, sequence.boxes)
        total = float(run.seconds.sum())
        done.append(SequenceResult(sequence.name, score, len(run.seconds) / total if total else 0.0, len(run.seconds)))
    return TrackerResult(name, tuple(done))


def _result_folder(results: Path, name: str, settings: Any, backbone: Backbone | None) -> Path:
    """Folder named by tracker, setting and their hash, with a manifest that says how its boxes were made."""
    sha256 = backbone.sha256 if backbone else ""
    folder = make_folder(results / f"{name.replace('/', '-')}-{settings_hash(settings, sha256)}")
    manifest = {
        "tracker": name,
        "settings": settings_dict(settings),
        "weights": {"sha256": sha256, "recipe": dict(backbone.recipe)} if backbone else None,
        "boxes": "x,y,w,h, 1-based as in OTB; the first is the given one",
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        "processor": processor_name(),
    }
    write_json(folder / "manifest.json", manifest)
    return folder


def _save_boxes(path: Path, boxes: NDArray[np.float64]) -> None:
    with replacing(path) as temporary:
        np.savetxt(temporary, boxes + np.array([1, 1, 0, 0]), fmt="%.4f", delimiter=",")
