"""Boxes: (x, y, w, h) in pixels, x and y the top left corner, 0-based, fractions allowed."""

import math
from collections.abc import Mapping, Set
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cfvgg_plugin.errors import InputError

REACH = 40
"""How far a box may reach beyond an image, in the longer sides of that image. A target that fills the view is real, one
of a hundred views is a mistake, and what is computed of as many pixels takes minutes or more memory than there is."""


class Box(NamedTuple):
    """Axis-aligned rectangle; a pixel's own box is (column, row, 1, 1)."""

    x: float
    """Left edge, pixels, 0-based."""
    y: float
    """Upper edge."""
    w: float
    """Width."""
    h: float
    """Height."""

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of the middle in pixel-centre coordinates: that of a one-pixel box is the pixel itself."""
        return self.x + (self.w - 1) / 2, self.y + (self.h - 1) / 2

    @classmethod
    def around(cls, centre: tuple[float, float], size: tuple[float, float]) -> "Box":
        """Box of `size` (w, h) whose `centre` is the given one."""
        return cls(centre[0] - (size[0] - 1) / 2, centre[1] - (size[1] - 1) / 2, size[0], size[1])


def parse_box(text: str) -> Box:
    """Box from 'X,Y,W,H'. Raises InputError for anything but four numbers."""
    try:
        x, y, w, h = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"box {text!r}: expected four numbers X,Y,W,H separated by commas") from None
    return Box(x, y, w, h)


def as_box(value: object) -> Box:
    """A user's box as floats: four finite numbers in a sequence, an array or a tensor, also 1x4 as selectROIs gives.

    Raises InputError for anything else.
    """
    try:
        numbers = _listed(value)
        if len(numbers) == 1 and not isinstance(numbers[0], Real):
            numbers = _listed(numbers[0])
        rows = sum(isinstance(n, (list, tuple)) or getattr(n, "ndim", 0) > 0 for n in numbers)
        values = [] if rows > 1 else [float(n) for n in numbers]
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise InputError(f"box {_short(value)}: expected four numbers x,y,w,h") from None
    if rows > 1:
        raise InputError(f"box {_short(value)}: {rows} boxes; expected one, of four numbers x,y,w,h")
    shown = ",".join(f"{v:g}" for v in values)
    if len(values) != 4:
        raise InputError(f"box {shown}: expected four numbers x,y,w,h")
    if not all(math.isfinite(v) for v in values):
        raise InputError(f"box {shown}: all four numbers must be finite")
    return Box(*values)


def _listed(value: Any) -> list[Any]:
    """Members in order; raises TypeError where they have none, and for text, whatever float thinks of it."""
    if isinstance(value, (str, bytes, Mapping, Set)):
        raise TypeError
    found = list(value.tolist() if hasattr(value, "tolist") else value)
    if any(isinstance(member, (str, bytes)) for member in found):
        raise TypeError
    return found


def _short(value: object) -> str:
    """A value in a few words of one line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def check_box(box: object, image_width: int, image_height: int) -> Box:
    """The box as a `Box` of floats, if a tracker can start on it in an image of that size.

    Raises InputError unless it is four finite numbers, at least one pixel wide and high, overlaps the image, and
    reaches not farther than REACH beyond it.
    """
    checked = as_box(box)
    shown = ",".join(f"{v:g}" for v in checked)
    if checked.w < 1 or checked.h < 1:
        raise InputError(f"box {shown}: width and height must be at least 1 pixel")
    if not _meets(checked, image_width, image_height):
        raise InputError(f"box {shown}: lies outside the frame of {image_width}x{image_height} pixels")
    return check_place(checked, image_width, image_height)


def check_place(box: object, image_width: int, image_height: int) -> Box:
    """The box as a `Box` of floats, if a tracker can look for its target there; it may lie beside the image.

    Raises InputError unless it is four finite numbers, has an area, and reaches not farther than REACH.
    """
    checked = as_box(box)
    shown = ",".join(f"{v:g}" for v in checked)
    if checked.w <= 0 or checked.h <= 0:
        raise InputError(f"box {shown}: width and height must be above 0")
    if not _within_reach(checked, image_width, image_height):
        raise InputError(
            f"box {shown}: reaches more than {REACH} frame sizes beyond the frame "
            f"of {image_width}x{image_height} pixels"
        )
    return checked


def is_plausible(box: Box, image_width: int, image_height: int) -> bool:
    """Whether a target can be there: finite, of some area, in sight and within REACH."""
    return (
        all(math.isfinite(v) for v in box)
        and box.w > 0
        and box.h > 0
        and _meets(box, image_width, image_height)
        and _within_reach(box, image_width, image_height)
    )


def _meets(box: Box, width: int, height: int) -> bool:
    return box.x < width and box.y < height and box.x + box.w > 0 and box.y + box.h > 0


def _within_reach(box: Box, width: int, height: int) -> bool:
    most = REACH * max(width, height)
    return min(box.x, box.y) >= -most and box.x + box.w <= width + most and box.y + box.h <= height + most


def overlaps(boxes: ArrayLike, others: ArrayLike) -> NDArray[np.float64]:
    """Intersection over union (N,) of two lists of boxes (N, 4); 0 where a box has no area or holds NaN."""
    a, b = np.asarray(boxes, np.float64).reshape(-1, 4), np.asarray(others, np.float64).reshape(-1, 4)
    sides = np.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    intersection = np.clip(sides, 0, None).prod(axis=1)
    union = a[:, 2:].prod(axis=1) + b[:, 2:].prod(axis=1) - intersection
    valid = np.isfinite(union) & (union > 0) & (a[:, 2:] > 0).all(axis=1) & (b[:, 2:] > 0).all(axis=1)
    ratio = intersection / np.where(valid, union, 1)
    return np.where(valid, np.minimum(ratio, 1), 0.0)  # equal boxes far from the origin would come out above 1
