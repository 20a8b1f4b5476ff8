"""Disturbed copies of the first frame, from which a filter learns what the target may look like later."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.parameters.feco.settings import AugmentationSettings

Image = NDArray[np.uint8]


def disturbed(image: Image, centre: tuple[float, float], scale: float, settings: AugmentationSettings) -> list[Image]:
    """Copies of an image (H, W) or (H, W, 3): turned and mirrored about `centre`, which stays in place, and blurred.

    centre: (x, y) in pixels. scale: image pixels to a sample pixel. Beyond the image its border is repeated.
    """
    copies = [_warped(image, cv2.getRotationMatrix2D(centre, degrees, 1.0)) for degrees in settings.rotations]
    if settings.mirrored:
        copies.append(_warped(image, np.array([[-1.0, 0.0, 2 * centre[0]], [0.0, 1.0, 0.0]])))
    for x, y in settings.blurs:
        copies.append(cv2.GaussianBlur(image, (0, 0), sigmaX=x * scale, sigmaY=y * scale))  # type: ignore[arg-type]
    return copies


def _warped(image: Image, matrix: NDArray[Any]) -> Image:
    size = (image.shape[1], image.shape[0])
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]
