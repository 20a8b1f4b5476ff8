"""The square window that a tracker searches: laid out for the first frame's target, placed anew in every frame.

A place is a position, the target's centre (x, y) in image pixels, and a scale, in image pixels to a sample pixel.

Several features look at one window, at several scales at once. The network's sample is a little larger than the
support, the part of it that the cropped maps of all features cover; the other features see the support alone. This is
how ECO and STRCF lay out their features.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.features.base import Feature
from cfvgg_plugin.features.deep import DeepFeature, check_tap
from cfvgg_plugin.features.sampling import Image, nearest_pixel, round_half_up
from cfvgg_plugin.networks.backbone import Backbone

Pair = tuple[float, float]
"""(x, y) or (width, height)."""
Place = tuple[Pair, float]
"""Position and scale."""
SizeMode = Literal["odd", "exact"]
Sampler = Callable[[Image, tuple[int, int], tuple[float, float], tuple[int, int]], Image]
"""(image, centre, window size in image pixels, output size) to a patch."""


@dataclass(frozen=True)
class SampleSizes:
    """Sides in sample pixels."""

    network: int
    """Input of the network; 0 where no feature is deep."""
    support: int
    """What all maps cover."""


def sample_sizes(
    requested: float, mode: SizeMode, features: Sequence[Feature], backbone: Backbone | None
) -> SampleSizes:
    """Sides close to `requested` on which every feature has whole maps.

    With deep features, the input grows until the deepest map has its next size ("exact") or its next odd size
    ("odd"); the support is that map in pixels. Without, the side becomes a multiple of the largest cell ("exact"), or
    an odd multiple plus as many pixels as give the most maps an odd side ("odd").
    """
    taps = [feature.tap for feature in features if isinstance(feature, DeepFeature)]
    if taps:
        deepest = max(taps, key=lambda tap: check_tap(tap, backbone).stride(tap))
        return _network_sizes(requested, mode, deepest, check_tap(deepest, backbone))
    cells = sorted({feature.build(None).stride for feature in features})
    largest = cells[-1]
    if mode == "exact":
        side = round_half_up(requested / largest) * largest
        return SampleSizes(0, side)
    side = (1 + 2 * round_half_up(requested / (2 * largest))) * largest
    odd = [sum((side + added) // cell % 2 for cell in cells) for added in range(largest)]
    return SampleSizes(0, side + int(np.argmax(odd)))


def _network_sizes(requested: float, mode: SizeMode, tap: str, backbone: Backbone) -> SampleSizes:
    side = round_half_up(requested)
    size = backbone.map_size(tap, side)
    wanted = size + 1 + (size % 2 if mode == "odd" else 0)
    while backbone.map_size(tap, side) < wanted:
        side += 1
    stride, size = backbone.stride(tap), backbone.map_size(tap, side)
    outside = max(2 * math.ceil((stride * size - side) / (2 * stride)), 0)  # cells of padding, cut off on both sides
    return SampleSizes(side, stride * (size - outside))


class BlockExtractor:
    """Extracts a list of features from one image at several scales, each network tap from one forward pass."""

    def __init__(
        self, features: Sequence[Feature], backbone: Backbone | None, sizes: SampleSizes, sampler: Sampler
    ) -> None:
        self.features = tuple(features)
        self.sizes = sizes
        self._backbone = backbone
        self._sampler = sampler
        self._extractors = {f: f.build(None) for f in self.features if not isinstance(f, DeepFeature)}
        self.channels = [self._measure(f)[0] for f in self.features]
        """Channels of every feature."""
        self.map_sides = [self._measure(f)[1] for f in self.features]
        """Side of every feature's maps."""

    def _measure(self, feature: Feature) -> tuple[int, int]:
        """Channels and map side of a feature."""
        if isinstance(feature, DeepFeature):
            backbone = check_tap(feature.tap, self._backbone)
            return backbone.channels(feature.tap), self._crop_side(feature) // self._pool(feature)
        extractor = self._extractors[feature]
        return extractor.channels, self.sizes.support // extractor.stride

    def _pool(self, feature: DeepFeature) -> int:
        return feature.pool(check_tap(feature.tap, self._backbone).stride(feature.tap))

    def _crop_side(self, feature: DeepFeature) -> int:
        """Side of the middle of a tap's maps that covers the support."""
        return round_half_up(self.sizes.support / check_tap(feature.tap, self._backbone).stride(feature.tap))

    def extract(
        self, image: NDArray[np.uint8], centre: tuple[int, int], scales: Sequence[float],
        members: Sequence[int] | None = None,
    ) -> list[Tensor]:  # fmt: skip
        """Maps of every feature, or of those with the indices `members`, each (scales, C, side, side) float32.

        image: (H, W, 3) RGB or (H, W) grey uint8. centre: (x, y) pixel. scales: image pixels per sample pixel.
        """
        features = self.features if members is None else [self.features[i] for i in members]
        taps = tuple(dict.fromkeys(f.tap for f in features if isinstance(f, DeepFeature)))
        sides = {self.sizes.network} if taps else set()  # the network's sample is often the others', too
        if any(feature in self._extractors for feature in features):
            sides.add(self.sizes.support)
        samples = {side: self._samples(image, centre, scales, side) for side in sides}
        maps = check_tap(taps[0], self._backbone).run(samples[self.sizes.network], taps) if taps else {}
        return [
            self._cut(feature, maps[feature.tap])
            if isinstance(feature, DeepFeature)
            else self._extractors[feature].extract(samples[self.sizes.support])
            for feature in features
        ]

    def _samples(
        self, image: NDArray[np.uint8], centre: tuple[int, int], scales: Sequence[float], side: int
    ) -> NDArray[np.uint8]:
        patches = [self._sampler(image, centre, (side * s, side * s), (side, side)) for s in scales]
        return patches[0][None] if len(patches) == 1 else np.stack(patches)

    def _cut(self, feature: DeepFeature, maps: Tensor) -> Tensor:
        """Middle of a tap's maps, averaged to the feature's cells, contiguous."""
        side = self._crop_side(feature)
        top, left = (maps.shape[2] - side) // 2, (maps.shape[3] - side) // 2
        middle = maps[:, :, top : top + side, left : left + side]
        pool = self._pool(feature)
        return F.avg_pool2d(middle, pool) if pool > 1 else middle.contiguous()


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
