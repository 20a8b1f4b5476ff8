"""Frames, boxes and overlaps of a sequence, as the page's player takes them."""

from base64 import b64encode
from collections import abc
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.images import read_frames
from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.plots.frames import evenly, shrink

QUALITY = 72
"""Of the frames' JPEG."""
FRAMES = 60
"""Frames of each sequence, where nothing else is asked."""
IN_ALL = 2400
"""Frames of all sequences together then: some 30 MB."""


@dataclass(frozen=True)
class Player:
    """One sequence."""

    name: str
    attributes: str
    first: str
    """The first picture, as a data URI."""
    data: dict[str, Any]
    """JSON values for the script: frames (indices), total, size, images (base64 JPEG), truth, boxes, overlap."""


def frames_each(sequences: int) -> int:
    """Frames a sequence by default: 60, and fewer from 41 sequences on, so that the page stays small enough to open."""
    return max(8, min(FRAMES, IN_ALL // max(sequences, 1)))


def make_player(sequence: Sequence, results: abc.Sequence[TrackerResult], count: int) -> Player | None:
    """At most `count` frames, evenly spread, with all trackers' boxes; None where no frame can be decoded.

    `boxes` and `overlap` have an entry a tracker, in the order of `results`: null where it has no result here, else a
    value a frame. Frames that cannot be decoded are left out.
    """
    shown, images, size = [], [], (0, 0)
    chosen = evenly(len(sequence.frames), count)
    for index, image in zip(chosen, read_frames(sequence, chosen), strict=True):
        if image is not None:
            small, size = shrink(image)
            shown.append(index)
            images.append(_jpeg(small))
    if not shown:
        return None
    boxes: list[Any] = []
    overlap: list[Any] = []
    for result in results:
        run = result.on(sequence.name)
        boxes.append(_rows(run.boxes[shown]) if run else None)
        overlap.append(_overlaps(run.boxes[shown], sequence.boxes[shown]) if run else None)
    data = {
        "frames": shown,
        "total": len(sequence.frames),
        "size": size,
        "images": images,
        "truth": _rows(sequence.boxes[shown]),
        "boxes": boxes,
        "overlap": overlap,
    }
    return Player(sequence.name, " ".join(sequence.attributes), f"data:image/jpeg;base64,{images[0]}", data)


def _jpeg(image: NDArray[np.uint8]) -> str:
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return b64encode(data.tobytes()).decode()


def _rows(boxes: NDArray[np.float64]) -> list[list[float] | None]:
    """Boxes to a tenth of a pixel; null for one with NaN."""
    return [[round(float(v), 1) for v in box] if np.isfinite(box).all() else None for box in boxes]


def _overlaps(boxes: NDArray[np.float64], truth: NDArray[np.float64]) -> list[float | None]:
    values = overlaps(boxes, truth)
    return [round(float(v), 3) if np.isfinite(box).all() else None for v, box in zip(values, truth, strict=True)]
