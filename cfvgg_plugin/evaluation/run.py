"""Run trackers over sequences: one pass, the update alone on the clock."""

import importlib
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import FrameError
from cfvgg_plugin.evaluation.scoring import Score, score_boxes, separation
from cfvgg_plugin.files import make_folder, replacing, write_json
from cfvgg_plugin.frames import read_image
from cfvgg_plugin.networks import Backbone
from cfvgg_plugin.registry import create_tracker, load_backbone, load_settings, with_color_names
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
    confidence: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """(N,) the tracker's own score of every annotated frame after the first."""
    overlap: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """(N,) overlap of the same frames."""


@dataclass(frozen=True)
class TrackerResult:
    """One tracker on all sequences."""

    name: str
    sequences: tuple[SequenceResult, ...]

    @property
    def scored(self) -> list[tuple[SequenceResult, Score]]:
        """Sequences that did not fail, with their scores."""
        return [(s, s.score) for s in self.sequences if s.score is not None]

    @property
    def separation(self) -> float | None:
        """How well the tracker's score tells frames with an overlap above 0.3 from the rest; over all frames."""
        if not self.scored:
            return None
        scored = [s for s, _ in self.scored]
        return separation(np.concatenate([s.confidence for s in scored]), np.concatenate([s.overlap for s in scored]))

    def summary(self) -> dict[str, Any]:
        """{"auc", "dp20", "fps", "score_roc", "sequences"}: plain means of the scored sequences; None if all failed.

        The speed is all updates over all their seconds.
        """
        scored = self.scored
        seconds = sum(s.updates / s.fps for s, _ in scored if s.fps)
        return {
            "auc": float(np.mean([score.auc for _, score in scored])) if scored else None,
            "dp20": float(np.mean([score.dp20 for _, score in scored])) if scored else None,
            "fps": sum(s.updates for s, _ in scored) / seconds if seconds else None,
            "score_roc": self.separation,
            "sequences": {
                s.name: {"auc": s.score.auc, "dp20": s.score.dp20, "fps": s.fps} if s.score else {"failed": s.failure}
                for s in self.sequences
            },
        }


@dataclass(frozen=True)
class Entrant:
    """A tracker as it is evaluated."""

    name: str
    """`tracker/setting`, as the user wrote it."""
    settings: Any
    backbone: Backbone | None


def enter(
    name: str, weights: str | None = None, color_names: Path | None = None, device: str = "cpu", backend: str = "torch"
) -> Entrant:
    """A named tracker with its settings and network. Raises InputError where one cannot be had."""
    settings = with_color_names(load_settings(name), color_names)
    return Entrant(name, settings, load_backbone(settings, weights, device, backend))


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


def evaluate(
    entrant: Entrant,
    sequences: Iterable[Sequence],
    results: Path | None = None,
    progress: Callable[[int], Any] = lambda frames: None,
) -> TrackerResult:
    """Run and score one tracker; with `results`, keep the raw boxes of every sequence in a folder below it.

    `progress` is told the frames of every sequence when it is done.
    """
    folder = _result_folder(results, entrant) if results is not None else None
    done = []
    for sequence in sequences:
        try:
            run = run_sequence(entrant, sequence)
        except FrameError as error:
            done.append(SequenceResult(sequence.name, None, 0.0, 0, str(error)))
            continue
        finally:
            progress(len(sequence.frames))
        if folder is not None:
            _save_boxes(folder / f"{sequence.name}.txt", run.boxes)
        score = score_boxes(run.boxes, sequence.boxes)
        total = float(run.seconds.sum())
        fps = len(run.seconds) / total if total else 0.0
        later = np.flatnonzero(np.isfinite(sequence.boxes).all(axis=1))[1:]
        overlap = overlaps(run.boxes[later], sequence.boxes[later])
        done.append(SequenceResult(sequence.name, score, fps, len(run.seconds), "", run.scores[later], overlap))
    return TrackerResult(entrant.name, tuple(done))


def _result_folder(results: Path, entrant: Entrant) -> Path:
    """Folder named by tracker, setting and their hash, with a manifest that says how its boxes were made."""
    name, settings, backbone = entrant.name, entrant.settings, entrant.backbone
    folder = make_folder(results / f"{name.replace('/', '-')}-{settings_hash(settings, _network_key(backbone))}")
    manifest = {
        "tracker": name,
        "settings": settings_dict(settings),
        "weights": {"sha256": backbone.sha256, "recipe": dict(backbone.recipe)} if backbone else None,
        "backend": backbone.backend if backbone else None,
        "boxes": "x,y,w,h, 1-based as in OTB; the first is the given one",
        "versions": _versions(backbone),
        "processor": processor_name(),
    }
    write_json(folder / "manifest.json", manifest)
    return folder


def _network_key(backbone: Backbone | None) -> str:
    """What of the network tells results apart: the weights, and a backend other than torch.

    Backends differ in the last digits alone, but over a sequence that can grow into other boxes. A tracker without a
    network has the same results under all of them.
    """
    if backbone is None:
        return ""
    return backbone.sha256 + ("" if backbone.backend == "torch" else f" {backbone.backend}")


def _versions(backbone: Backbone | None) -> dict[str, str]:
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    runtime = {"onnx": "onnxruntime", "openvino": "openvino"}.get(backbone.backend) if backbone else None
    return versions | ({runtime: str(importlib.import_module(runtime).__version__)} if runtime else {})


def _save_boxes(path: Path, boxes: NDArray[np.float64]) -> None:
    with replacing(path) as temporary:
        np.savetxt(temporary, boxes + np.array([1, 1, 0, 0]), fmt="%.4f", delimiter=",")
