"""Patches turned, stretched and disturbed: what a network is trained and adapted on."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Matrix = NDArray[np.float64]


def view(side: float, size: int, degrees: float = 0.0, stretch: float = 1.0, mirrored: bool = False) -> Matrix:
    """(2, 2) map from patch pixels to image pixels, about the patch's middle.

    side: of the window in image pixels, size: of the patch. degrees: by which the content is turned. stretch: of the
    window's width, its area staying. mirrored: left and right exchanged.
    """
    zoom, angle = side / size, math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    scale: Matrix = turn * [zoom * stretch * (-1 if mirrored else 1), zoom / stretch]
    return scale


def cut(image: Image, centre: tuple[float, float] | NDArray[np.float64], matrix: Matrix, size: int) -> Image:
    """Patch (size, size, 3) of an RGB image, resampled once; beyond the image its border is repeated.

    centre: (x, y) image pixel in the patch's middle, pixel centres at whole numbers. matrix: of `view`. A window more
    than twice as large as the patch is averaged down first.
    """
    centre = np.asarray(centre, np.float64)
    factor = int(math.sqrt(abs(np.linalg.det(matrix))))
    if factor > 1:
        height, width = image.shape[0] // factor * factor, image.shape[1] // factor * factor
        if height and width:
            image = cv2.resize(  # type: ignore[assignment]
                image[:height, :width], (width // factor, height // factor), interpolation=cv2.INTER_AREA
            )
            centre, matrix = (centre + 0.5) / factor - 0.5, matrix / factor
    whole = np.column_stack([matrix, centre - matrix @ np.full(2, (size - 1) / 2)])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, whole, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def disturb(patch: Image, light: float, blur: float, rng: np.random.Generator, length: float = 5.0) -> Image:
    """Random gain, offset, gamma and colour balance of strength `light`, and sometimes blur, as of focus or motion.

    length: half of that of motion blur, at most, in pixels.
    """
    if light:
        gamma = math.exp(rng.uniform(-light, light))
        gain = math.exp(rng.uniform(-light, light)) * np.exp(rng.uniform(-light, light, 3) / 3)
        levels = np.linspace(0, 1, 256)[:, None] ** gamma * gain * 255 + rng.uniform(-light, light) * 60
        patch = cv2.LUT(patch, np.clip(levels, 0, 255).astype(np.uint8)[None])  # type: ignore[assignment]
    if rng.random() < blur:
        patch = _focus_blur(patch, rng) if rng.random() < 0.5 else _motion_blur(patch, rng, length)
    return patch


def _focus_blur(patch: Image, rng: np.random.Generator) -> Image:
    return cv2.GaussianBlur(patch, (0, 0), float(rng.uniform(0.6, 2.0)))  # type: ignore[return-value]


def _motion_blur(patch: Image, rng: np.random.Generator, most: float) -> Image:
    length, angle = float(rng.uniform(2, most)), float(rng.uniform(0, math.pi))
    reach = int(most) + 1
    steps = reach + np.linspace(-length, length, 5 * reach - 5)[:, None] * [math.sin(angle), math.cos(angle)]
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    np.add.at(kernel, tuple(np.rint(steps).astype(int).T), 1)
    return cv2.filter2D(patch, -1, kernel / kernel.sum())  # type: ignore[return-value]
