"""fDSST's scale filter on an image: samples of the target at many scales, one FHOG vector each."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features.area import shrink_windows
from cfvgg_plugin.features.fhog import fhog_of_each
from cfvgg_plugin.features.sampling import centred_patch
from cfvgg_plugin.filters.scale import Real, ScaleModel, find_scale, make_scale_grid, update_scale
from cfvgg_plugin.parameters.feco.settings import ScaleFilterSettings

Pixel = NDArray[np.int64]

COARSEST = 6
"""Pixels left of a window for one of its patch, on an axis, when pixels are left out.

As with DSST's sampler, none are left out below twice as many (targets of some 200 pixels across; the largest of our 12
OTB sequences are 125). All windows keep the same pixels, for the filter compares them with each other.
"""


@dataclass(frozen=True)
class Windows:
    """What the scale filter saw of an image."""

    centre: Pixel
    """(2,) x, y."""
    sizes: Pixel
    """(N, 2) width, height of every scale's window."""
    vectors: Real
    """(N, features) FHOG of the windows."""


class ScaleEstimator:
    """Learns the target's look at its scale and finds it again."""

    def __init__(self, settings: ScaleFilterSettings, target: tuple[float, float]) -> None:
        """`target`: (width, height) in pixels at scale 1."""
        self._settings = settings
        self._target = target
        self._grid = make_scale_grid(settings.count, settings.fine_count, settings.step, settings.sigma_factor)
        shrink = min(1.0, math.sqrt(settings.max_model_area / (target[0] * target[1])))
        self._model_size = (max(math.floor(target[0] * shrink), 8), max(math.floor(target[1] * shrink), 8))
        self._model: ScaleModel | None = None

    def learn(
        self, image: NDArray[np.uint8], position: tuple[float, float], scale: float, known: Windows | None = None
    ) -> None:
        """Update the model with the target at `position` (x, y) and `scale`.

        known: windows of this image that `find` has looked at; those that are wanted again are not cut again.
        """
        samples = self._samples(image, position, scale, known).vectors
        self._model = update_scale(self._model, samples, self._grid, self._settings.learning_rate)

    def find(self, image: NDArray[np.uint8], position: tuple[float, float], scale: float) -> tuple[float, Windows]:
        """Factor by which the target at `position` is larger than `scale` says, and what was looked at.

        Raises InputError before `learn`.
        """
        if self._model is None:
            raise InputError("the scale filter has learned nothing")
        found = self._samples(image, position, scale)
        return find_scale(self._model, found.vectors, self._grid, self._settings.regularisation), found

    def _samples(
        self, image: NDArray[np.uint8], position: tuple[float, float], scale: float, known: Windows | None = None
    ) -> Windows:
        """Windows around the target, one a scale."""
        centre = np.floor(position).astype(np.int64)
        sizes = np.maximum(np.floor(np.outer(self._grid.factors * scale, self._target)), 2).astype(np.int64)
        pixels = image if image.ndim == 3 else image[:, :, None]
        factor = int((sizes[-1] / self._model_size).min() / COARSEST)
        if factor > 1:
            pixels, centre = every_nth(pixels, centre, sizes[-1], factor)
            sizes = (sizes + factor // 2) // factor
            known = None  # their pixels may be others
        if known is None or (known.centre != centre).any():
            return Windows(centre, sizes, self._vectors(pixels, centre, sizes))
        other = (known.sizes != sizes).any(1)
        vectors = known.vectors.copy()
        if other.any():
            vectors[other] = self._vectors(pixels, centre, sizes[other])
        return Windows(centre, sizes, vectors)

    def _vectors(self, pixels: NDArray[np.uint8], centre: Pixel, sizes: Pixel) -> Real:
        """(N, features) FHOG vectors of windows of these sizes (N, 2)."""
        width, height = self._model_size
        patches = np.empty((len(sizes), height, width, pixels.shape[2]), np.uint8)
        filled = shrink_windows(pixels, centre + 1 - sizes // 2, sizes, patches)
        for n in np.flatnonzero(~filled):
            middle, size = (int(centre[0]), int(centre[1])), (int(sizes[n, 0]), int(sizes[n, 1]))
            patches[n] = centred_patch(pixels, middle, size, self._model_size, COARSEST)
        return fhog_of_each(patches, self._settings.cell).reshape(len(patches), -1)


def every_nth(pixels: NDArray[np.uint8], centre: Pixel, size: Pixel, factor: int) -> tuple[NDArray[np.uint8], Pixel]:
    """Every so manieth pixel of an image (H, W, C), on a grid through `centre` (2,), and the centre in what is kept.

    Of the image, that is what a window of `size` (w, h) around the centre covers, in memory of its own: all windows of
    a frame are cut from the same few pixels, however large the target.
    """
    steps = size // (2 * factor) + 2
    first = centre - np.minimum(centre // factor, steps) * factor
    last = centre + steps * factor
    kept = pixels[first[1] : last[1] + 1 : factor, first[0] : last[0] + 1 : factor]
    return np.ascontiguousarray(kept), (centre - first) // factor
