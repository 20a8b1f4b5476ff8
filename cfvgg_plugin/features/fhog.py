"""FHOG: 31-channel histograms of oriented gradients (Felzenszwalb et al., TPAMI 2010).

The variant is that of Dollar's toolbox, which every correlation-filter tracker uses: 18 contrast-sensitive
orientations (nearest bin, bilinear in space), 9 contrast-insensitive ones and 4 texture channels, each
normalised by its four neighbouring 2x2 blocks and clipped at 0.2. The toolbox's constant 32nd channel is left out.

The toolbox takes square roots and reciprocals of gradients by the processor's fast approximations (rsqrtps, rcpps),
good to 12 bits, and the published boxes depend on it: some gradients fall into another bin, and ECO's scale filter
amplifies that within a few frames. `_approximate_roots` holds what these instructions return on the authors'
(Intel's) processors, so the maps are the same on any machine.

Compiled by numba at first use and cached on disk. Written row by row so that the gradient loop vectorises
and only two additions a pixel are scattered.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

ORIENTATIONS = 9
CHANNELS = 3 * ORIENTATIONS + 4
CLIP = np.float32(0.2)
TEXTURE = np.float32(0.2357)

# Orientations are 20 degrees apart; bins meet at 10, 30, 50, 70 and 90 degrees. The toolbox looks the angle up in a
# table of arc cosines with 10,000 steps, truncating; these are its steps at the four inner borders.
_STEPS = np.float32(10000)
_BORDERS = tuple(np.float32(np.floor(1e4 * np.cos(np.deg2rad(a))) + 1) for a in (10, 30, 50, 70))
_B0, _B1, _B2, _B3 = _BORDERS


def _twelve_bits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounded to 12 bits behind the leading one."""
    unit = 2.0 ** (np.floor(np.log2(values)) - 12)
    return np.rint(values / unit) * unit


def _approximate_roots() -> tuple[NDArray[np.float32], NDArray[np.float32], np.int32]:
    """Inverse length and length of gradients by their squared length, and what to subtract from a table index.

    The index is the upper 19 bits of the squared length as float32: rsqrtps looks at 10 bits behind the leading one
    and returns the rounded inverse root of the interval's middle, rcpps does alike with 11 bits. Squared lengths of
    8-bit images reach from 1/4 to 2 * 255^2; entry 0 is for flat regions.
    """
    first, last = (int(np.float32(square).view(np.int32)) >> 13 for square in (0.25, 2.0**18))
    middle = ((np.arange(first, last, dtype=np.int32) << 13) | (1 << 12)).view(np.float32)
    inverse = _twelve_bits(1 / np.sqrt(middle.astype(np.float64))).astype(np.float32)
    middle = ((inverse.view(np.int32) & -(1 << 12)) | (1 << 11)).view(np.float32)
    length = _twelve_bits(1 / middle.astype(np.float64)).astype(np.float32)
    return np.append(np.float32(0), inverse), np.append(np.float32(0), length), np.int32(first - 1)


_INVERSE, _LENGTH, _FIRST = _approximate_roots()


@njit(cache=True, nogil=True, fastmath=True)
def _stronger(left, right, up, down, scale_x, scale_y, best, best_x, best_y):  # type: ignore[no-untyped-def]
    """Keep the stronger of the stored gradients and those of one channel; all arrays (n,). No branch: it vectorises."""
    for x in range(best.size):
        gx = (right[x] - left[x]) * scale_x
        gy = (down[x] - up[x]) * scale_y
        strength = gx * gx + gy * gy
        better = strength > best[x]
        best[x] = strength if better else best[x]
        best_x[x] = gx if better else best_x[x]
        best_y[x] = gy if better else best_y[x]


@njit(cache=True, nogil=True, fastmath=True)
def _orient(best, best_x, best_y, magnitude, orientation):  # type: ignore[no-untyped-def]
    """Length and bin 0..17 of gradients; all arrays (n,)."""
    bits = best.view(np.int32)
    for x in range(best.size):
        gx, gy = best_x[x], best_y[x]
        entry = max((bits[x] >> 13) - _FIRST, 0)
        cosine = abs(gx) * _INVERSE[entry] * _STEPS
        quarter = np.int32(cosine < _B0) + np.int32(cosine < _B1) + np.int32(cosine < _B2) + np.int32(cosine < _B3)
        rightwards = (gx > 0) | ((gx == 0) & (gy < 0))  # straight up counts as 100 degrees, straight down as 280
        half = quarter if rightwards else np.int32(9) - quarter
        full = half if gy >= 0 else np.int32(18) - half
        orientation[x] = full if full < 18 else np.int32(0)
        magnitude[x] = _LENGTH[entry]


@njit(cache=True, nogil=True, fastmath=True)
def _gradient_row(planes, y, work, magnitude, orientation):  # type: ignore[no-untyped-def]
    """Magnitude (W,) and orientation bin 0..17 (W,) of row y; of the channel with the strongest gradient.

    Central differences, one-sided at the image's border. work: (3, W) scratch.
    """
    channels, height, width = planes.shape
    above, below = max(y - 1, 0), min(y + 1, height - 1)
    one, half = np.float32(1.0), np.float32(0.5)
    scale_y = one if below - above == 1 else half
    best, best_x, best_y = work[0], work[1], work[2]
    best[:] = np.float32(-1)
    last = width - 1
    for c in range(channels):
        row, up, down = planes[c, y], planes[c, above], planes[c, below]
        _stronger(
            row[: width - 2],
            row[2:],
            up[1:last],
            down[1:last],
            half,
            scale_y,
            best[1:last],
            best_x[1:last],
            best_y[1:last],
        )
        for x, left, right in ((0, 0, min(1, last)), (last, max(last - 1, 0), last)):
            e = x + 1
            _stronger(
                row[left : left + 1],
                row[right : right + 1],
                up[x:e],
                down[x:e],
                one,
                scale_y,
                best[x:e],
                best_x[x:e],
                best_y[x:e],
            )
    _orient(best, best_x, best_y, magnitude, orientation)


@njit(cache=True, nogil=True, fastmath=True)
def _histogram(planes, cell, rows, columns):  # type: ignore[no-untyped-def]
    """Contrast-sensitive histogram (rows, columns, 18) of planes (C, H, W) float32, bilinear in space."""
    width = columns * cell
    histogram = np.zeros((rows, columns, 18), np.float32)
    magnitude = np.empty(planes.shape[2], np.float32)
    orientation = np.empty(planes.shape[2], np.int32)
    work = np.empty((3, planes.shape[2]), np.float32)
    line = np.empty((columns + 2, 18), np.float32)  # one cell of margin on either side, never read
    flat = line.reshape(-1)
    weight = np.empty(width, np.float32)
    start = np.empty(width, np.int32)
    for x in range(width):
        position = (x + 0.5) / cell + 0.5
        start[x] = np.int32(position) * 18
        weight[x] = np.float32(position - int(position))
    scale = np.float32(1.0 / (cell * cell))
    for y in range(rows * cell):
        _gradient_row(planes, y, work, magnitude, orientation)
        line[:] = np.float32(0)
        for x in range(width):
            index = start[x] + orientation[x]
            value = magnitude[x] * scale
            right = value * weight[x]
            flat[index] += value - right
            flat[index + 18] += right
        position = (y + 0.5) / cell + 0.5
        lower = int(position) - 1
        share = np.float32(position - int(position))
        inner = flat[18 : 18 * (columns + 1)]
        if lower >= 0:
            target = histogram[lower].reshape(-1)
            for i in range(inner.size):
                target[i] += inner[i] * (np.float32(1) - share)
        if lower + 1 < rows:
            target = histogram[lower + 1].reshape(-1)
            for i in range(inner.size):
                target[i] += inner[i] * share
    rim = np.float32(8 / 7)  # cells on the rim miss an eighth of the weight that inner cells get
    histogram[0] *= rim
    histogram[-1] *= rim
    histogram[:, 0] *= rim
    histogram[:, -1] *= rim
    return histogram


@njit(cache=True, nogil=True, fastmath=True)
def _block_norms(histogram, cell):  # type: ignore[no-untyped-def]
    """Inverse norm (rows + 1, columns + 1) of the 2x2 block at every cell corner; the rim repeats inner corners."""
    rows, columns = histogram.shape[:2]
    energy = np.zeros((rows, columns), np.float32)
    for y in range(rows):
        for x in range(columns):
            for o in range(9):
                both = histogram[y, x, o] + histogram[y, x, o + 9]
                energy[y, x] += both * both
    norms = np.empty((rows + 1, columns + 1), np.float32)
    epsilon = np.float32(1e-4 / 4 / cell**4)
    for y in range(rows + 1):
        top = min(max(y - 1, 0), max(rows - 2, 0))
        bottom = min(top + 1, rows - 1)
        for x in range(columns + 1):
            left = min(max(x - 1, 0), max(columns - 2, 0))
            right = min(left + 1, columns - 1)
            total = energy[top, left] + energy[top, right] + energy[bottom, left] + energy[bottom, right]
            norms[y, x] = np.float32(1) / np.sqrt(total + epsilon)
    return norms


@njit(cache=True, nogil=True, fastmath=True)
def _channels(histogram, norms, out):  # type: ignore[no-untyped-def]
    """Fill out (31, rows, columns): normalised, clipped and summed over the four blocks around each cell."""
    rows, columns = histogram.shape[:2]
    half = np.float32(0.5)
    values = np.empty((CHANNELS, columns), np.float32)
    for y in range(rows):
        for x in range(columns):
            n0, n1, n2, n3 = norms[y, x], norms[y, x + 1], norms[y + 1, x], norms[y + 1, x + 1]
            bins = histogram[y, x]
            t0 = t1 = t2 = t3 = np.float32(0)
            for o in range(18):
                a, b = min(bins[o] * n0, CLIP), min(bins[o] * n1, CLIP)
                c, d = min(bins[o] * n2, CLIP), min(bins[o] * n3, CLIP)
                values[o, x] = (a + b + c + d) * half
                t0 += a
                t1 += b
                t2 += c
                t3 += d
            for o in range(9):
                both = bins[o] + bins[o + 9]
                total = min(both * n0, CLIP) + min(both * n1, CLIP) + min(both * n2, CLIP) + min(both * n3, CLIP)
                values[18 + o, x] = total * half
            values[27, x] = t3 * TEXTURE
            values[28, x] = t1 * TEXTURE
            values[29, x] = t2 * TEXTURE
            values[30, x] = t0 * TEXTURE
        out[:, y, :] = values


@njit(cache=True, nogil=True)
def _fhog(planes, cell, out):  # type: ignore[no-untyped-def]
    histogram = _histogram(planes, cell, out.shape[1], out.shape[2])
    _channels(histogram, _block_norms(histogram, cell), out)


@njit(cache=True, nogil=True)
def _fhog_of_each(planes, cell, out):  # type: ignore[no-untyped-def]
    for n in range(planes.shape[0]):
        _fhog(planes[n], cell, out[n])


def fhog_of_each(images: NDArray[np.uint8], cell: int = 4) -> NDArray[np.float32]:
    """FHOG of images (N, H, W, C) uint8: (N, 31, H // cell, W // cell) float32."""
    planes = np.ascontiguousarray(images.transpose(0, 3, 1, 2), dtype=np.float32)
    out = np.empty((len(images), CHANNELS, images.shape[1] // cell, images.shape[2] // cell), np.float32)
    _fhog_of_each(planes, cell, out)
    return out


def fhog(image: NDArray[np.uint8], cell: int = 4) -> NDArray[np.float32]:
    """FHOG of an image (H, W, C) uint8, C of 1 or 3: (31, H // cell, W // cell) float32.

    Pixels beyond the last whole cell are read for gradients only. The image must hold at least one cell.
    """
    return fhog_of_each(image[None], cell)[0]
