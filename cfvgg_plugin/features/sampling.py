"""Patches of images: a sub-window with replicated border, resized to a fixed size, as all trackers sample it, and
patches turned, stretched and disturbed, as networks are trained and adapted on them.
"""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.features.area import shrink

Image = NDArray[np.uint8]
Matrix = NDArray[np.float64]

LONGEST = 32
"""Pixels of a window for one of its result, on the longer axis of a narrow window, before more of them are left out."""


def sample_patch(
    image: Image, centre: tuple[int, int], size: tuple[float, float], output_size: tuple[int, int] | None = None
) -> Image:
    """Cut a window out of an image and resize it.

    image: (H, W, 3) or (H, W) uint8. centre: (x, y) pixel; an even window has its centre half a pixel
    right and below of it. size: (width, height) of the window in image pixels, any size, also beyond the
    image on every side: pixels outside repeat the border. output_size: (width, height) of the result,
    None for no resizing. Returns a contiguous (height, width, 3 or 1) uint8 patch.

    A window much larger than its output is decimated before it is resized (every second pixel, every third,
    ...), which bounds the cost for large targets; the sampling grid is that of ECO (Danelljan et al., CVPR 2017).
    """
    (x, y), (width, height) = centre, size
    if output_size is not None:
        factor = int(min(width / output_size[0], height / output_size[1]) - 0.1)
        image, (x, y), (across, down) = _decimated(image, (x, y), size, output_size, factor)
        width, height = width / across, height / down
    patch = _crop(image, (x, y), (max(round_half_up(width), 2), max(round_half_up(height), 2)))
    if output_size is not None and patch.shape[1::-1] != output_size:
        patch = cv2.resize(patch, output_size, interpolation=cv2.INTER_LINEAR)
    return _own(patch)


def centred_patch(
    image: Image, centre: tuple[int, int], size: tuple[float, float], output_size: tuple[int, int] | None = None,
    coarsest: float = 1.5,
) -> Image:  # fmt: skip
    """Cut a window out of an image and resize it, as STRCF, SRDCF and the scale filter of DSST do.

    The arguments and the result are those of `sample_patch`; three things differ. An odd window, too, has its centre
    right and below of its middle; the window is shrunk by averaging, unless its result is wider than the window is
    high (that mix of axes is the authors' own); and a window is decimated from twice `coarsest` times its result on,
    to as little as `coarsest` times. The authors' own is 6: large targets then cost eight times as much as small ones.
    """
    (x, y), (width, height) = centre, (max(round_half_up(side), 2) for side in size)
    if output_size is not None:
        factor = int(min(width / output_size[0], height / output_size[1]) / coarsest)
        image, (x, y), (across, down) = _decimated(image, (x, y), (width, height), output_size, factor)
        width, height = width // across, height // down
    patch = _crop(image, (x + width % 2, y + height % 2), (width, height))
    if output_size is not None and patch.shape[1::-1] != output_size:
        patch = _resize_auto(patch, output_size)
    return _own(patch)


def _decimated(
    image: Image, centre: tuple[int, int], size: tuple[float, float], output_size: tuple[int, int], factor: int
) -> tuple[Image, tuple[int, int], tuple[int, int]]:
    """Every so manieth pixel of an image, the centre's among them; the centre in it, and the factors of both axes.

    They are `factor`, and more on an axis whose window would remain more than LONGEST times as long as its result.
    """
    across, down = (max(factor, int(s / (LONGEST * o)), 1) for s, o in zip(size, output_size, strict=True))
    (x, y), (height, width) = centre, image.shape[:2]
    if across == down == 1:
        return image, centre, (1, 1)
    # at least one pixel, also where the image is narrower than the step: an empty image has no border to repeat
    rows, columns = slice(min(y % down, height - 1), None, down), slice(min(x % across, width - 1), None, across)
    return image[rows, columns], (x // across, y // down), (across, down)


def _crop(image: Image, centre: tuple[int, int], size: tuple[int, int]) -> NDArray[Any]:
    """Contiguous window of whole pixels (width, height); beyond the image its border is repeated."""
    columns, left, right = _span(centre[0], size[0], image.shape[1])
    rows, top, bottom = _span(centre[1], size[1], image.shape[0])
    patch: NDArray[Any] = np.ascontiguousarray(image[rows, columns])
    if left or right or top or bottom:
        patch = cv2.copyMakeBorder(patch, top, bottom, left, right, cv2.BORDER_REPLICATE)
    return patch


def _own(patch: NDArray[Any]) -> Image:
    """(H, W, 3 or 1) in memory of its own, also where it was the whole image: torch warns of read-only memory."""
    return np.require(patch if patch.ndim == 3 else patch[:, :, None], np.uint8, ["C", "O", "W"])


def _resize_auto(patch: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """Bilinear if the new width exceeds the old height, else by area, which shrinks only."""
    height, width = patch.shape[:2]
    if size[0] > height:
        return cv2.resize(patch, size, interpolation=cv2.INTER_LINEAR)
    if size[0] <= width and size[1] <= height:
        return shrink(patch if patch.ndim == 3 else patch[:, :, None], *size)
    return cv2.resize(patch, size, interpolation=cv2.INTER_AREA)


def is_grey(image: Image) -> bool:
    """Whether an image has one channel, or three that are equal: a first frame like that makes a video grey."""
    return image.ndim == 2 or bool((image == image[:, :, :1]).all())


def to_grey(image: Image) -> Image:
    """(H, W) grey values of an image; unchanged where its three channels are equal."""
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)  # type: ignore[return-value]


def nearest_pixel(position: tuple[float, float]) -> tuple[int, int]:
    """Pixel (x, y) on which a sample at a fractional position is centred."""
    return round_half_up(position[0]), round_half_up(position[1])


def round_half_up(value: float) -> int:
    """Round half up, as MATLAB does for positive numbers."""
    return math.floor(value + 0.5)


def _span(centre: int, length: int, limit: int) -> tuple[slice, int, int]:
    """Part of an axis that lies inside [0, limit), and how many pixels to repeat before and after it."""
    start = centre - (length + 1) // 2 + 1
    low = min(max(start, 0), limit - 1)
    high = max(min(start + length, limit), low + 1)
    before = min(max(low - start, 0), length - 1)
    return slice(low, high), before, length - before - (high - low)


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
        if rng.random() < 0.5:
            return cv2.GaussianBlur(patch, (0, 0), float(rng.uniform(0.6, 2.0)))  # type: ignore[return-value]
        return _motion_blur(patch, rng, length)
    return patch


def _motion_blur(patch: Image, rng: np.random.Generator, most: float) -> Image:
    length, angle = float(rng.uniform(2, most)), float(rng.uniform(0, math.pi))
    reach = int(most) + 1
    steps = reach + np.linspace(-length, length, 5 * reach - 5)[:, None] * [math.sin(angle), math.cos(angle)]
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    np.add.at(kernel, tuple(np.rint(steps).astype(int).T), 1)
    return cv2.filter2D(patch, -1, kernel / kernel.sum())  # type: ignore[return-value]
