"""Geometry of a network's taps, measured by probing: nobody has to state it, and nothing is run for a size."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

PROBE = 128
"""Side of the smallest probed input; every tap must have maps for it."""
SPAN = 192
"""Growth between the inputs that measure a stride: a multiple of all strides that occur (2, 3, 4, 8, 12, 16, ...)."""
Shapes = Callable[[int], Mapping[str, tuple[int, ...]]]
"""Height of an input of width PROBE to the shapes (1, C, h, w) of the maps, by tap."""


@dataclass(frozen=True)
class Tap:
    """Geometry of one tap: its maps have (side + offset) // stride cells along a side."""

    channels: int
    stride: int
    offset: int

    def size(self, side: int) -> int:
        """Cells along a side of `side` input pixels."""
        return max((side + self.offset) // self.stride, 0)


def measure_taps(shapes: Shapes) -> dict[str, Tap]:
    """Every tap whose maps grow with the input by whole strides; others are left out.

    Convolutions and poolings, with any padding and rounding, give one cell more for every `stride` more pixels, so that
    a size is (side + offset) // stride; the offset shows where the maps of the smallest probe grow first.
    """
    known = {PROBE: shapes(PROBE)}

    def size(name: str, side: int) -> int:
        if side not in known:
            known[side] = shapes(side)
        return known[side][name][2]

    taps = {}
    for name, shape in known[PROBE].items():
        first = size(name, PROBE)
        growth = size(name, PROBE + SPAN) - first
        if first < 1 or growth < 1 or SPAN % growth:
            continue  # pooled over the whole image, or enlarged: no map with a stride
        stride = SPAN // growth
        low, high = 0, stride  # pixels more than PROBE that leave the size, and that add a cell
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if size(name, PROBE + middle) > first else (middle, high)
        taps[name] = Tap(shape[1], stride, (first + 1) * stride - PROBE - high)
    return taps
