"""How much a place looks like the target: whitened maps compared cell by cell.

Maps are centred and whitened by the statistics of the first frame's background, channels only (linear discriminant
analysis with a ridge; Hariharan, Malik and Ramanan, ECCV 2012): what is common there counts little, what tells the
target from it much. Of every cell only the direction counts, so that one half of a target that is hidden leaves the
similarity of the other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.features.fhog import fhog
from cfvgg_plugin.features.sampling import Image
from cfvgg_plugin.long_term.settings import LongTermSettings
from cfvgg_plugin.networks.backbone import Backbone

Real = NDArray[np.float64]

MARGIN = 3
"""Cells round a look of the target that its maps see beside it."""
LEAST = 2
"""Cells along a side of a look, at least: a slender target's has some ground beside it."""
STATISTICS = 400_000
"""Pixels of the first frame, at most, of which the background's statistics are taken."""


@dataclass(frozen=True)
class Window:
    """A part of the frame, resized for the network."""

    pixels: Image
    """(h, w, 3 or 1)."""
    left: float
    """Of the part, in the frame."""
    top: float
    scale: tuple[float, float]
    """Pixels of the window to one of the frame, (x, y)."""

    def places(self, counts: Sequence[int], stride: int) -> tuple[Real, Real]:
        """(y, x) in the frame of the middles of a map's cells, (rows, columns) `counts`; maps stand centred."""
        sides, starts = self.pixels.shape[:2], (self.top, self.left)
        y, x = (
            start + (side / 2 + (np.arange(count) - (count - 1) / 2) * stride) / scale
            for count, side, start, scale in zip(counts, sides, starts, self.scale[::-1], strict=True)
        )
        return y, x


def cut(image: Image, part: tuple[float, float, float, float], scale: float, multiple: int) -> Window:
    """The part (left, top, right, bottom) of the frame in whole pixels, resized by about `scale`.

    Sides are multiples of `multiple`. The part lies in the frame.
    """
    height, width = image.shape[:2]
    left, top = max(int(part[0]), 0), max(int(part[1]), 0)
    right, bottom = min(int(np.ceil(part[2])), width), min(int(np.ceil(part[3])), height)
    size = tuple(max(round(side * scale / multiple), 2) * multiple for side in (right - left, bottom - top))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    pixels = cv2.resize(image[top:bottom, left:right], size, interpolation=how)
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    return Window(np.ascontiguousarray(pixels), left, top, (size[0] / (right - left), size[1] / (bottom - top)))


@dataclass(frozen=True)
class Similarity:
    """Of every place in a window."""

    values: NDArray[np.float32]
    """(h, w), -1 to 1."""
    x: NDArray[np.float64]
    """(w,) centres of the places in the frame."""
    y: NDArray[np.float64]
    """(h,)"""


class Template:
    """Looks of a target: the first frame's, and another that may change."""

    def __init__(
        self, image: Image, box: Box, size: float, settings: LongTermSettings, backbone: Backbone | None
    ) -> None:
        """Learn background and target. size: root of the target's area in the pictures that are compared, pixels."""
        self._tap, self._backbone = settings.tap, backbone
        self.stride = settings.cell if backbone is None or self._tap is None else backbone.stride(self._tap)
        self.multiple = 2 * self.stride
        self.size = size
        step = size / math.sqrt(box.w * box.h) / self.stride
        self.cells = (max(round(box.h * step), LEAST), max(round(box.w * step), LEAST))
        """(rows, columns) of a look."""
        with torch.inference_mode():
            self._mean, self._whiten = self._background(image, box, settings.ridge)
            self._kernels = self._look(image, box)[None]

    def remember(self, look: Tensor) -> None:
        """Compare with this look, too."""
        self._kernels = torch.stack([self._kernels[0], look])

    def look(self, image: Image, box: Box) -> Tensor:
        """The look of a target in the frame, for `remember`."""
        with torch.inference_mode():
            return self._look(image, box)

    def compare(self, window: Window) -> Similarity:
        """How much every place of a window looks like the target, on an average of the looks."""
        rows, columns = self.cells
        with torch.inference_mode():
            maps = self._unit(self._maps(window.pixels))
            padded = F.pad(maps, (columns // 2, (columns - 1) // 2, rows // 2, (rows - 1) // 2))
            values = F.conv2d(padded[None], self._kernels)[0].mean(0).numpy()
        y, x = window.places(values.shape, self.stride)
        # where the kernel has an even number of cells, its middle lies half a cell before the place it answers at
        half_x, half_y = (
            0.5 * self.stride * (1 - cells % 2) / scale
            for cells, scale in zip((columns, rows), window.scale, strict=True)
        )
        return Similarity(values, x - half_x, y - half_y)

    def at(self, image: Image, box: Box) -> float:
        """Similarity of the target in a box, within a cell."""
        return self.refine(image, box, (1.0,))[1]

    def refine(self, image: Image, box: Box, factors: Sequence[float]) -> tuple[Box, float]:
        """The most similar place within a cell of a box, of its size times one of the factors; and its similarity."""
        best, highest = box, -1.0
        for factor in factors:
            sized = Box.around(box.centre, (box.w * factor, box.h * factor))
            with torch.inference_mode():
                values = F.conv2d(self._unit(self._around(image, sized, 1))[None], self._kernels)[0].mean(0)
            if (value := float(values.max())) > highest:
                row, column = divmod(int(values.argmax()), 3)
                cell = self.stride * math.sqrt(sized.w * sized.h) / self.size
                best, highest = sized._replace(x=sized.x + (column - 1) * cell, y=sized.y + (row - 1) * cell), value
        return best, highest

    @property
    def look_pixels(self) -> int:
        """What `at` searches, and `refine` for each factor."""
        rows, columns = self.cells
        return (rows + 2 * MARGIN + 2) * (columns + 2 * MARGIN + 2) * self.stride**2

    def chance(self, image: Image, box: Box) -> float:
        """The highest similarity of another place in the first frame, away from the target."""
        window = cut(image, (0, 0, image.shape[1], image.shape[0]), self._scale(image, box), self.multiple)
        found = self.compare(window)
        x, y, away = box.x + box.w / 2, box.y + box.h / 2, 0.6
        apart = (np.abs(found.x - x)[None] > away * box.w) | (np.abs(found.y - y)[:, None] > away * box.h)
        return float(found.values[apart].max()) if apart.any() else 0.0

    def _scale(self, image: Image, box: Box) -> float:
        """Of the first frame as a whole."""
        height, width = image.shape[:2]
        return min(self.size / math.sqrt(box.w * box.h), math.sqrt(STATISTICS / (height * width)))

    def _maps(self, pixels: Image) -> Tensor:
        """(C, h, w)."""
        if self._tap is None or self._backbone is None:
            return torch.from_numpy(fhog(pixels, self.stride))
        return self._backbone.run(pixels[None], (self._tap,))[self._tap][0]

    def _unit(self, maps: Tensor) -> Tensor:
        """Whitened; every cell of length 1."""
        white = torch.einsum("cd,dhw->chw", self._whiten, maps - self._mean[:, None, None])
        return F.normalize(white, dim=0, eps=1e-6)

    def _background(self, image: Image, box: Box, ridge: float) -> tuple[Tensor, Tensor]:
        """Mean (C,) and whitening (C, C) of the cells of the first frame that are not of the target."""
        window = cut(image, (0, 0, image.shape[1], image.shape[0]), self._scale(image, box), self.multiple)
        maps = self._maps(window.pixels)
        y, x = window.places(maps.shape[1:], self.stride)
        inside = ((y > box.y) & (y < box.y + box.h))[:, None] & ((x > box.x) & (x < box.x + box.w))
        cells = maps[:, torch.from_numpy(~inside)]
        if cells.shape[1] <= maps.shape[0]:  # a target that fills the frame
            cells = maps.flatten(1)
        mean = cells.mean(1)
        centred = cells - mean[:, None]
        covariance = (centred @ centred.T / cells.shape[1]).double()
        floor = ridge * float(covariance.trace()) / len(mean) + 1e-9
        values, vectors = torch.linalg.eigh(covariance + floor * torch.eye(len(mean), dtype=torch.float64))
        return mean, (vectors * values.rsqrt() @ vectors.T).float()

    def _around(self, image: Image, box: Box, more: int) -> Tensor:
        """Maps of the target in the box, `cells` and `more` round them, at the size that is compared."""
        rows, columns = self.cells
        side = [(cells + 2 * (MARGIN + more)) * self.stride for cells in (columns, rows)]
        step = math.sqrt(box.w * box.h) / self.size
        x, y = (c - (s - 1) / 2 * step for c, s in zip(box.centre, side, strict=True))
        matrix = np.array([[step, 0, x], [0, step, y]])
        shrink = int(step)
        if shrink > 1:  # without it a large target would be sampled here and there
            image = cv2.blur(image, (shrink, shrink))  # type: ignore[assignment]
        patch = cv2.warpAffine(
            image, matrix, (side[0], side[1]), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        maps = self._maps(patch if patch.ndim == 3 else patch[:, :, None])  # type: ignore[arg-type]
        top, left = (maps.shape[1] - rows) // 2 - more, (maps.shape[2] - columns) // 2 - more
        return maps[:, top : top + rows + 2 * more, left : left + columns + 2 * more]

    def _look(self, image: Image, box: Box) -> Tensor:
        """(C, rows, columns): a kernel whose answer is the mean over the cells."""
        unit = self._unit(self._around(image, box, 0))
        return unit / (unit.shape[1] * unit.shape[2])
