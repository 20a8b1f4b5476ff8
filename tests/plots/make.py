"""A small dataset and trackers whose results are known."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.evaluation.results import TrackerResult, failed, score_run
from cfvgg_plugin.evaluation.run import SequenceRun
from tests.conftest import moving_blob

SEQUENCES = {"One": (24, ("IV", "OCC", "ZZ")), "Two": (12, ("OCC", "FM")), "Three": (8, ())}
"""Frames and attributes."""


def make_sequences(root: Path, names: Mapping[str, tuple[int, tuple[str, ...]]] = SEQUENCES) -> tuple[Sequence, ...]:
    """Sequences in OTB layout below `root`; their folders are numbered where the name is no file name."""
    sequences = []
    for number, (name, (count, attributes)) in enumerate(names.items()):
        folder = root / (name if name.isalnum() else f"sequence{number}")
        (folder / "img").mkdir(parents=True)
        images, boxes = moving_blob(count)
        paths = [folder / "img" / f"{index:04d}.png" for index in range(1, count + 1)]
        for path, image in zip(paths, images, strict=True):
            cv2.imwrite(str(path), image[:, :, ::-1])
        np.savetxt(folder / "groundtruth_rect.txt", boxes + [1, 1, 0, 0], fmt="%d", delimiter="\t")
        sequences.append(Sequence(name, tuple(paths), boxes, attributes))
    return tuple(sequences)


def run(sequence: Sequence, kind: str) -> SequenceRun:
    """A tracker's run: "exact", "shifted" by 4 pixels, or "lost" from the fifth frame on."""
    boxes = sequence.boxes.copy()
    if kind == "shifted":
        boxes[1:, 0] += 4
    if kind == "lost":
        boxes[4:] = (0, 0, 20, 20)
    return SequenceRun(boxes, np.linspace(1, 0, len(boxes)), np.full(len(boxes) - 1, 0.01 * (1 + len(kind))))


def make_result(name: str, sequences: tuple[Sequence, ...], kind: str, without: str = "") -> TrackerResult:
    """A tracker on all sequences; it failed on the one called `without`."""
    return TrackerResult(
        name, tuple(failed(s, "no result") if s.name == without else score_run(s, run(s, kind)) for s in sequences)
    )


def write_raw(folder: Path, sequences: tuple[Sequence, ...], kind: str) -> None:
    """A tracker's boxes as text, 1-based."""
    folder.mkdir(parents=True)
    for sequence in sequences:
        np.savetxt(folder / f"{sequence.name}.txt", run(sequence, kind).boxes + [1, 1, 0, 0], delimiter=",")
