"""Boxes and captions on frames."""

import sys
from collections.abc import Mapping
from os import environ

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.tracker import TrackResult

FOUND, LOST, TRUTH = (60, 220, 60), (230, 60, 60), (255, 255, 255)
"""RGB colours of a tracked box, a lost one and the truth."""

OKABE_ITO = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167))
"""RGB colours of several targets: without black, the ones that Okabe and Ito chose for all kinds of colour vision."""


def draw_box(image: NDArray[np.uint8], box: Box, colour: tuple[int, int, int], thickness: int = 2) -> None:
    """Draw a rectangle into an RGB image, to a quarter of a pixel; parts outside are cut off."""
    if not np.isfinite(box).all():
        return
    corners = np.array([(box.x, box.y), (box.x + box.w - 1, box.y + box.h - 1)]).clip(-30000, 30000)
    first, second = (tuple(int(v) for v in np.rint(corner * 4)) for corner in corners)
    cv2.rectangle(image, first, second, colour, thickness, cv2.LINE_AA, shift=2)


def annotate(image: NDArray[np.uint8], result: TrackResult, caption: str) -> NDArray[np.uint8]:
    """Copy of an RGB frame with the box (red when lost), its score and a caption."""
    drawn = image.copy()
    draw_box(drawn, result.box, LOST if result.lost else FOUND)
    _write_caption(drawn, f"{caption}  {result.score:.2f}{'  lost' if result.lost else ''}")
    return drawn


def annotate_all(
    image: NDArray[np.uint8], results: Mapping[int | str | None, TrackResult], caption: str
) -> NDArray[np.uint8]:
    """Copy of an RGB frame with a caption and every target's box, in a colour of its own (thin when lost) under its id.

    Colours go by the order of the targets, and come again after seven.
    """
    drawn = image.copy()
    _write_caption(drawn, caption)
    for number, (target, result) in enumerate(results.items()):
        colour = OKABE_ITO[number % len(OKABE_ITO)]
        draw_box(drawn, result.box, colour, 1 if result.lost else 2)
        _write_label(drawn, f"{target}{' lost' if result.lost else ''}", result.box, colour)
    return drawn


def _write_caption(image: NDArray[np.uint8], text: str) -> None:
    (width, height), baseline = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
    image[: height + baseline + 8, : width + 16] //= 3  # a dark ground, so that it reads on every frame
    cv2.putText(image, text, (8, height + 4), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)


def _write_label(image: NDArray[np.uint8], text: str, box: Box, colour: tuple[int, int, int]) -> None:
    """A word on a ground of this colour above a box, or at the frame's edge where that is nearer."""
    (width, height), baseline = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.4, 1)
    across, down = width + 4, height + baseline + 2
    left = round(min(max(box.x - 1, 0), max(image.shape[1] - across, 0)))
    top = round(min(max(box.y - 1 - down, 0), max(image.shape[0] - down, 0)))
    image[top : top + down, left : left + across] = colour
    red, green, blue = colour
    ink = (0, 0, 0) if 3 * red + 6 * green + blue > 1200 else (255, 255, 255)  # whichever stands out
    cv2.putText(image, text, (left + 2, top + height + 1), cv2.FONT_HERSHEY_SIMPLEX, 0.4, ink, 1, cv2.LINE_AA)


def has_display() -> bool:
    """Whether a window can be opened; on a machine without a screen OpenCV would end the whole program."""
    return sys.platform in {"win32", "darwin"} or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
