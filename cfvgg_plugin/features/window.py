"""The square window that a tracker searches: laid out for the first frame's target, placed anew in every frame.

A place is a position, the target's centre (x, y) in image pixels, and a scale, in image pixels to a sample pixel.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.features.base import Feature
from cfvgg_plugin.features.blocks import BlockExtractor, Sampler, SizeMode, sample_sizes
from cfvgg_plugin.features.sampling import nearest_pixel
from cfvgg_plugin.networks.backbone import Backbone

Pair = tuple[float, float]
"""(x, y) or (width, height)."""
Place = tuple[Pair, float]
"""Position and scale."""


class WindowSettings(Protocol):
    """What a tracker's settings say of its window."""

    @property
    def search_area_scale(self) -> float:
        """Its side in square roots of the target's area."""

    @property
    def min_sample_area(self) -> float:
        """Square pixels: smaller windows are enlarged to this."""

    @property
    def max_sample_area(self) -> float:
        """Square pixels: larger windows are shrunk to this."""


@dataclass(frozen=True)
class SearchWindow:
    """A target's window in images of one size."""

    extractor: BlockExtractor
    target: Pair
    """(width, height) in sample pixels."""
    image_size: tuple[int, int]
    """(width, height)."""
    scales: Pair
    """Smallest and largest scale to follow."""

    def bounded(self, position: Pair, scale: float) -> Place:
        """The nearest place that is followed: its centre lies in the image, its scale within the limits."""
        return inside(position, self.image_size), min(max(scale, self.scales[0]), self.scales[1])

    def place(self, box: Box) -> Place:
        """Place of a box of any shape, that of its centre and area, bounded."""
        return self.bounded(box.centre, math.sqrt(box.w * box.h / (self.target[0] * self.target[1])))

    def box(self, position: Pair, scale: float) -> Box:
        """The target's box at a place."""
        return Box.around(position, (self.target[0] * scale, self.target[1] * scale))

    def extract(
        self, image: NDArray[np.uint8], position: Pair, scales: Sequence[float], members: Sequence[int] | None = None
    ) -> list[Tensor]:
        """Maps of features around the pixel nearest to a position, as `BlockExtractor.extract` gives them."""
        return self.extractor.extract(image, nearest_pixel(position), scales, members)


def lay_window(
    image: NDArray[np.uint8], box: Box, settings: WindowSettings, step: float,
    features: Sequence[Feature], backbone: Backbone | None, mode: SizeMode, sampler: Sampler,
) -> tuple[SearchWindow, Place]:  # fmt: skip
    """Window of the target in `box`, and its place in this image (H, W, 3) or (H, W).

    step: ratio of neighbouring scales. mode, sampler: see `sample_sizes` and `BlockExtractor`. A target that starts
    beyond the limits of the scale (larger than the image, say) keeps its size.
    """
    scale = sample_scale((box.w, box.h), settings)
    target = (box.w / scale, box.h / scale)
    requested = math.sqrt(box.w * box.h * settings.search_area_scale**2) / scale
    sizes = sample_sizes(requested, mode, features, backbone)
    image_size = (image.shape[1], image.shape[0])
    least, most = scale_limits(target, sizes.support, image_size, step)
    extractor = BlockExtractor(features, backbone, sizes, sampler)
    window = SearchWindow(extractor, target, image_size, (min(least, scale), max(most, scale)))
    return window, window.bounded(box.centre, scale)


def sample_scale(size: Pair, settings: WindowSettings) -> float:
    """Image pixels to a sample pixel for a target of `size` (w, h) in image pixels.

    The search area is `search_area_scale` squared times the target's; the sample's area stays within its limits.
    """
    area = size[0] * size[1] * settings.search_area_scale**2
    return math.sqrt(area / min(max(area, settings.min_sample_area), settings.max_sample_area))


def scale_limits(target: Pair, support: int, image_size: tuple[int, int], step: float) -> Pair:
    """Smallest and largest scale to follow, whole powers of `step`, as ECO and STRCF round them.

    The search area stays at least five image pixels wide, the target fits into the image. target: (w, h) in sample
    pixels; image_size: (w, h).
    """
    low = math.ceil(math.log(5 / support) / math.log(step))
    fitting = min(image_size[0] / target[0], image_size[1] / target[1])
    return step**low, step ** math.floor(math.log(fitting) / math.log(step))


def inside(position: Pair, image_size: tuple[int, int]) -> Pair:
    """The point of an image (width, height) nearest to a position: a target's centre never leaves the image."""
    (x, y), (width, height) = position, image_size
    return min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)
