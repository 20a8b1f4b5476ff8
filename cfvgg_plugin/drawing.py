"""Boxes and captions on frames."""

import sys
from os import environ

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.tracker import TrackResult

FOUND, LOST, TRUTH = (60, 220, 60), (230, 60, 60), (255, 255, 255)
"""RGB colours of a tracked box, a lost one and the truth."""


def draw_box(image: NDArray[np.uint8], box: Box, color: tuple[int, int, int], thickness: int = 2) -> None:
    """Draw a rectangle into an RGB image, to a quarter of a pixel; parts outside are cut off."""
    if not np.isfinite(box).all():
        return
    corners = np.array([(box.x, box.y), (box.x + box.w - 1, box.y + box.h - 1)]).clip(-30000, 30000)
    first, second = (tuple(int(v) for v in np.rint(corner * 4)) for corner in corners)
    cv2.rectangle(image, first, second, color, thickness, cv2.LINE_AA, shift=2)


def annotate(image: NDArray[np.uint8], result: TrackResult, caption: str) -> NDArray[np.uint8]:
    """Copy of an RGB frame with the box (red when lost), its score and a caption."""
    drawn = image.copy()
    draw_box(drawn, result.box, LOST if result.lost else FOUND)
    text = f"{caption}  {result.score:.2f}{'  lost' if result.lost else ''}"
    (width, height), baseline = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
    drawn[: height + baseline + 8, : width + 16] //= 3  # a dark ground, so that it reads on every frame
    cv2.putText(drawn, text, (8, height + 4), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return drawn


def has_display() -> bool:
    """Whether a window can be opened; on a machine without a screen OpenCV would end the whole program."""
    return sys.platform in {"win32", "darwin"} or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
