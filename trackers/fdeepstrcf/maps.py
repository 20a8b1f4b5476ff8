"""Normalisation and cosine window of feature maps, in one pass over memory."""

import numpy as np
from numba import njit
from torch import Tensor

_EPSILON = np.finfo(np.float32).eps


def window_maps(maps: Tensor, window: Tensor, normalised: bool, out: Tensor) -> None:
    """Write maps (C, h, w) float32 times the window (h, w) into `out` (C, h, w).

    normalised: scale every map to 0..1 first, as the authors do with deep features; a flat map becomes 0.
    """
    _window(maps.numpy(), window.numpy(), normalised, out.numpy())


@njit(cache=True, nogil=True, fastmath=True)
def _window(maps, window, normalised, out):  # type: ignore[no-untyped-def]
    for c in range(maps.shape[0]):
        least, factor = np.float32(0), np.float32(1)
        if normalised:
            least = most = maps[c, 0, 0]
            for y in range(maps.shape[1]):
                for x in range(maps.shape[2]):
                    least = min(least, maps[c, y, x])
                    most = max(most, maps[c, y, x])
            factor = np.float32(1) / (most - least + _EPSILON)
        for y in range(maps.shape[1]):
            for x in range(maps.shape[2]):
                out[c, y, x] = (maps[c, y, x] - least) * factor * window[y, x]
