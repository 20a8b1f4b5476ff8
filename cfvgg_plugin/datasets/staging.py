"""A frame seen by another camera, with something in front of the target: what is done to its pixels and boxes."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Staging:
    """What becomes of one frame; the camera first."""

    zoom: float = 1.0
    """About the frame's middle; above 1 everything is larger."""
    shift: tuple[float, float] = (0.0, 0.0)
    """(x, y) pixels by which the picture is moved after that."""
    hidden: tuple[int, int, int, int] | None = None
    """x, y, w, h of a rectangle that shows what the picture has half a frame further right and down."""


def stage(image: NDArray[np.uint8], staging: Staging) -> NDArray[np.uint8]:
    """The frame (H, W, 3) so seen; beyond its border the outermost pixels go on."""
    height, width = image.shape[:2]
    seen = image
    if staging.zoom != 1 or staging.shift != (0, 0):
        matrix = np.hstack([staging.zoom * np.eye(2), _offset(staging, width, height)[:, None]])
        warped = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        seen = warped.astype(np.uint8, copy=False)
    if staging.hidden is None:
        return seen
    x, y, w, h = staging.hidden
    rows = np.arange(max(y, 0), max(min(y + h, height), 0))
    columns = np.arange(max(x, 0), max(min(x + w, width), 0))
    covered = seen.copy()
    covered[np.ix_(rows, columns)] = seen[np.ix_((rows + height // 2) % height, (columns + width // 2) % width)]
    return covered


def staged_boxes(boxes: NDArray[np.float64], stagings: list[Staging], width: int, height: int) -> NDArray[np.float64]:
    """Boxes (N, 4) of the frames so seen, hidden or not; NaN where the target's centre is outside of the frame."""
    zooms = np.array([staging.zoom for staging in stagings])[:, None]
    offsets = np.array([_offset(staging, width, height) for staging in stagings])
    seen = np.hstack([boxes[:, :2] * zooms + offsets, boxes[:, 2:] * zooms])
    centres = seen[:, :2] + seen[:, 2:] / 2
    seen[~((centres >= 0) & (centres < (width, height))).all(axis=1)] = np.nan
    return seen


def _offset(staging: Staging, width: int, height: int) -> NDArray[np.float64]:
    """(x, y) of where the frame's corner goes to."""
    middle = np.array([width - 1, height - 1]) / 2
    return (1 - staging.zoom) * middle + staging.shift
