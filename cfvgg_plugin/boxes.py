"""Boxes: (x, y, w, h) in pixels, x and y the top left corner, 0-based, fractions allowed."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cfvgg_plugin.errors import InputError


class Box(NamedTuple):
    """Axis-aligned rectangle; a pixel's own box is (column, row, 1, 1)."""

    x: float
    y: float
    w: float
    h: float

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) of the middle in pixel-centre coordinates: that of a one-pixel box is the pixel itself."""
        return self.x + (self.w - 1) / 2, self.y + (self.h - 1) / 2

    @classmethod
    def around(cls, center: tuple[float, float], size: tuple[float, float]) -> "Box":
        """Box of `size` (w, h) whose `center` is the given one."""
        return cls(center[0] - (size[0] - 1) / 2, center[1] - (size[1] - 1) / 2, size[0], size[1])


def parse_box(text: str) -> Box:
    """Box from 'X,Y,W,H'. Raises InputError for anything but four numbers."""
    try:
        x, y, w, h = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"box {text!r}: expected four numbers X,Y,W,H separated by commas") from None
    return Box(x, y, w, h)


def check_box(box: Sequence[float], image_width: int, image_height: int) -> Box:
    """The box as a `Box` of floats, if a tracker can start on it in an image of that size.

    Raises InputError unless it is four finite numbers, at least one pixel wide and high, and overlaps the image.
    """
    values = [float(v) for v in box]
    shown = ",".join(f"{v:g}" for v in values)
    if len(values) != 4:
        raise InputError(f"box {shown}: expected four numbers x,y,w,h")
    if not all(math.isfinite(v) for v in values):
        raise InputError(f"box {shown}: all four numbers must be finite")
    checked = Box(*values)
    if checked.w < 1 or checked.h < 1:
        raise InputError(f"box {shown}: width and height must be at least 1 pixel")
    if (
        checked.x >= image_width
        or checked.y >= image_height
        or checked.x + checked.w <= 0
        or checked.y + checked.h <= 0
    ):
        raise InputError(f"box {shown}: lies outside the frame of {image_width}x{image_height} pixels")
    return checked


def overlaps(boxes: ArrayLike, others: ArrayLike) -> NDArray[np.float64]:
    """Intersection over union (N,) of two lists of boxes (N, 4); 0 where a box has no area or holds NaN."""
    a, b = np.asarray(boxes, np.float64).reshape(-1, 4), np.asarray(others, np.float64).reshape(-1, 4)
    sides = np.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    intersection = np.clip(sides, 0, None).prod(axis=1)
    union = a[:, 2:].prod(axis=1) + b[:, 2:].prod(axis=1) - intersection
    valid = np.isfinite(union) & (union > 0) & (a[:, 2:] > 0).all(axis=1) & (b[:, 2:] > 0).all(axis=1)
    ratio = intersection / np.where(valid, union, 1)
    return np.where(valid, np.minimum(ratio, 1), 0.0)  # equal boxes far from the origin would come out above 1
