"""FHOG: 31-channel histograms of oriented gradients (Felzenszwalb et al., TPAMI 2010).

The variant is that of Dollar's toolbox, which every correlation-filter tracker uses: 18 contrast-sensitive
orientations (nearest bin, bilinear in space), 9 contrast-insensitive ones and 4 texture channels, each
normalised by its four neighbouring 2x2 blocks and clipped at 0.2. The toolbox's constant 32nd channel is left out.

The toolbox takes square roots and reciprocals of gradients by the processor's fast approximations (rsqrtps, rcpps),
good to 12 bits, and the published boxes depend on it: some gradients fall into another bin, and ECO's scale filter
amplifies that within a few frames. `_approximate_roots` holds what these instructions return on the authors'
(Intel's) processors, so the maps are the same on any machine.

Compiled by numba at first use and cached on disk, in one file: the cache does not see changes of functions in others.
All loops but one run along memory and vectorise; that one scatters two additions a pixel.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

ORIENTATIONS = 9
CHANNELS = 3 * ORIENTATIONS + 4
CLIP = np.float32(0.2)
TEXTURE = np.float32(0.2357)
ROWS = 4
"""Rows of pixels that are scattered by turns."""
BLOCK = 4096
"""Pixels whose gradients are found before they are scattered: they stay in the processor's first cache."""

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
def _interior(flat, first, end, width, height, scale_y, origin, work):  # type: ignore[no-untyped-def]
    """Keep the stronger gradients of one channel (H * W,) in rows that have the same neighbours above and below.

    The ends of a row get the ends of other rows as neighbours: they are done anew (`_ends`).
    """
    low, high = max(first * width, 1), min(end * width, height * width - 1)
    up, down = max(first - 1, 0) * width + low - first * width, min(first + 1, height - 1) * width + low - first * width
    length, to = high - low, low - origin
    if length > 0:
        _stronger(
            flat[low - 1 : high - 1], flat[low + 1 : high + 1], flat[up : up + length], flat[down : down + length],
            np.float32(0.5), scale_y, work[0, to : to + length], work[1, to : to + length], work[2, to : to + length],
        )  # fmt: skip


@njit(cache=True, nogil=True, fastmath=True)
def _ends(planes, top, bottom, work):  # type: ignore[no-untyped-def]
    """The gradients at both ends of rows, one-sided."""
    channels, height, width = planes.shape
    last = width - 1
    for y in range(top, bottom):
        above, below = max(y - 1, 0), min(y + 1, height - 1)
        scale_y = np.float32(1.0 if below - above == 1 else 0.5)
        for x, left, right in ((0, 0, min(1, last)), (last, max(last - 1, 0), last)):
            at = (y - top) * width + x
            work[0, at] = np.float32(-1)
            for c in range(channels):
                gx = planes[c, y, right] - planes[c, y, left]
                gy = (planes[c, below, x] - planes[c, above, x]) * scale_y
                strength = gx * gx + gy * gy
                if strength > work[0, at]:
                    work[0, at], work[1, at], work[2, at] = strength, gx, gy


@njit(cache=True, nogil=True, fastmath=True)
def _gradients(planes, top, bottom, work, magnitude, orientation):  # type: ignore[no-untyped-def]
    """Magnitude and orientation bin 0..17 of the channel with the strongest gradient, in some rows of planes (C, H, W).

    Central differences, one-sided at the image's border. The rows, from `top` to before `bottom`, are laid end to end;
    work: (3, n) scratch.
    """
    channels, height, width = planes.shape
    count = (bottom - top) * width
    work[0, :count] = np.float32(-1)
    for c in range(channels):
        flat = planes[c].reshape(-1)
        inner, rest = max(top, 1), min(bottom, height - 1)
        if top == 0:
            _interior(flat, 0, 1, width, height, np.float32(1.0 if height > 1 else 0.5), top * width, work)
        if rest > inner:
            _interior(flat, inner, rest, width, height, np.float32(0.5), top * width, work)
        if bottom == height and height > 1:
            _interior(flat, height - 1, height, width, height, np.float32(1.0), top * width, work)
    _ends(planes, top, bottom, work)
    _orient(work[0, :count], work[1, :count], work[2, :count], magnitude[:count], orientation[:count])


@njit(cache=True, nogil=True, fastmath=True)
def _scatter(magnitude, orientation, width, start, weight, scale, lines):  # type: ignore[no-untyped-def]
    """Lay ROWS rows of pixels into their lines: by turns, so that no addition waits for the one before it.

    magnitude, orientation: ROWS rows of `width` pixels, of which the first len(start) count. lines: (ROWS, 18 *
    stride), an orientation's cells side by side.
    """
    stride = lines.shape[1] // 18
    lines[:] = np.float32(0)
    for x in range(start.size):
        first, share = start[x], weight[x]
        for r in range(ROWS):
            pixel = r * width + x
            index = first + orientation[pixel] * stride
            value = magnitude[pixel] * scale
            right = value * share
            lines[r, index] += value - right
            lines[r, index + 1] += right


@njit(cache=True, nogil=True, fastmath=True)
def _add_scaled(target, line, share):  # type: ignore[no-untyped-def]
    for i in range(target.size):
        target[i] += line[i] * share


@njit(cache=True, nogil=True, fastmath=True)
def _histogram(planes, cell, histogram):  # type: ignore[no-untyped-def]
    """Contrast-sensitive histogram of planes (C, H, W) float32, bilinear in space.

    histogram: (rows, 18, columns + 2), with a cell of margin on either side that nobody reads; filled.
    """
    rows, _, stride = histogram.shape
    pixels = planes.shape[2]
    width = (stride - 2) * cell
    block = max(BLOCK // pixels // ROWS, 1) * ROWS
    block = min(block, (rows * cell + ROWS - 1) // ROWS * ROWS)
    magnitude = np.zeros(block * pixels, np.float32)  # of rows beyond the last one: nothing
    orientation = np.zeros(block * pixels, np.int32)
    work = np.empty((3, block * pixels), np.float32)
    lines = np.empty((ROWS, 18 * stride), np.float32)
    position = (np.arange(max(width, rows * cell)) + 0.5) / cell + 0.5
    lower = position.astype(np.int32)
    share = (position - lower).astype(np.float32)
    scale = np.float32(1.0 / (cell * cell))
    histogram[:] = np.float32(0)
    for top in range(0, rows * cell, block):
        bottom = min(top + block, rows * cell)
        _gradients(planes, top, bottom, work, magnitude, orientation)
        for first in range(top, bottom, ROWS):
            at = (first - top) * pixels
            _scatter(magnitude[at:], orientation[at:], pixels, lower[:width], share[:width], scale, lines)
            for y in range(first, min(first + ROWS, bottom)):
                if lower[y] >= 1:
                    _add_scaled(histogram[lower[y] - 1].reshape(-1), lines[y - first], np.float32(1) - share[y])
                if lower[y] < rows:
                    _add_scaled(histogram[lower[y]].reshape(-1), lines[y - first], share[y])
    rim = np.float32(8 / 7)  # cells on the rim miss an eighth of the weight that inner cells get
    for o in range(18):  # loops in place of slices, whose compilation takes seconds
        for x in range(stride):
            histogram[0, o, x] *= rim
            histogram[rows - 1, o, x] *= rim
        for y in range(rows):
            histogram[y, o, 1] *= rim
            histogram[y, o, stride - 2] *= rim


@njit(cache=True, nogil=True, fastmath=True)
def _add_squares(one, other, total):  # type: ignore[no-untyped-def]
    for i in range(total.size):
        both = one[i] + other[i]
        total[i] += both * both


@njit(cache=True, nogil=True, fastmath=True)
def _block_norms(bins, cell, rows, norms):  # type: ignore[no-untyped-def]
    """Inverse norm of the 2x2 block at every cell corner; the rim repeats inner corners.

    bins: (18, N * (rows + 1), columns + 2) histograms of N images, a row after the last of each. norms: one array as
    large as that of an orientation, filled; the corner left of and above a cell stands before it.
    """
    lines, stride = bins.shape[1:]
    columns = stride - 2
    energy = np.zeros((lines, stride), np.float32)
    for o in range(9):
        _add_squares(bins[o].reshape(-1), bins[o + 9].reshape(-1), energy.reshape(-1))
    epsilon = np.float32(1e-4 / 4 / cell**4)
    for first in range(0, lines, rows + 1):
        for y in range(rows + 1):
            top = min(max(y - 1, 0), max(rows - 2, 0))
            one, other = energy[first + top], energy[first + min(top + 1, rows - 1)]
            for x in range(columns + 1):
                left = min(max(x - 1, 0), max(columns - 2, 0))
                right = min(left + 1, columns - 1) + 1
                total = one[left + 1] + one[right] + other[left + 1] + other[right]
                norms[first + y, x] = np.float32(1) / np.sqrt(total + epsilon)


@njit(cache=True, nogil=True)
def _clipped(bins, before, after, textures, total):  # type: ignore[no-untyped-def]
    """Sum of an orientation's values (n,) over the four blocks around each cell; its values go to their textures, too.

    before, after: inverse norms of the blocks left above and left below; those right of them follow. textures: (4, n).
    Sums are in this order, which fastmath would change: some boxes depend on their last bits.
    """
    one, two, three, four = textures
    for i in range(total.size):
        a, b = min(bins[i] * before[i], CLIP), min(bins[i] * before[i + 1], CLIP)
        c, d = min(bins[i] * after[i], CLIP), min(bins[i] * after[i + 1], CLIP)
        total[i] = a + b + c + d
        one[i] += a
        two[i] += b
        three[i] += c
        four[i] += d


@njit(cache=True, nogil=True)
def _clipped_both(bins, opposite, before, after, total):  # type: ignore[no-untyped-def]
    """As `_clipped`, of an orientation and its opposite together, which go to no texture."""
    for i in range(total.size):
        both = bins[i] + opposite[i]
        a, b = min(both * before[i], CLIP), min(both * before[i + 1], CLIP)
        c, d = min(both * after[i], CLIP), min(both * after[i + 1], CLIP)
        total[i] = a + b + c + d


@njit(cache=True, nogil=True)
def _channels(bins, norms, out):  # type: ignore[no-untyped-def]
    """Fill out (N, 31, rows, columns): normalised, clipped and summed over the four blocks around each cell.

    bins, norms: see `_block_norms`.
    """
    _, lines, stride = bins.shape
    end = (lines - 1) * stride - 1
    corners = norms.reshape(-1)
    before, after = corners[:end], corners[stride : stride + end]
    texture = np.zeros((4, lines * stride), np.float32)
    total = np.empty(lines * stride, np.float32)
    for o in range(27):
        own = bins[o % 18].reshape(-1)[1:end]
        if o < 18:
            _clipped(own, before, after, texture[:, 1:end], total[1:end])
        else:
            _clipped_both(own, bins[o - 9].reshape(-1)[1:end], before, after, total[1:end])
        _copy_cells(total, np.float32(0.5), stride, out[:, o])
    for channel, block in ((27, 3), (28, 1), (29, 2), (30, 0)):
        _copy_cells(texture[block], TEXTURE, stride, out[:, channel])


@njit(cache=True, nogil=True, fastmath=True)
def _copy_cells(flat, scale, stride, out):  # type: ignore[no-untyped-def]
    """The cells of a padded array, scaled, to out (N, rows, columns)."""
    count, rows, columns = out.shape
    for n in range(count):
        for y in range(rows):
            first = (n * (rows + 1) + y) * stride + 1
            to, of = out[n, y], flat[first : first + columns]
            for x in range(columns):
                to[x] = of[x] * scale


@njit(cache=True, nogil=True)
def _planes(image, out):  # type: ignore[no-untyped-def]
    """Channels of an image (H, W, C) as (C, H, W) float32; three at once, for speed."""
    height, width, channels = image.shape
    for y in range(height):
        pixels = image[y].reshape(-1)
        if channels == 3:
            red, green, blue = out[0, y], out[1, y], out[2, y]
            for x in range(width):
                red[x] = np.float32(pixels[3 * x])
                green[x] = np.float32(pixels[3 * x + 1])
                blue[x] = np.float32(pixels[3 * x + 2])
        else:
            for c in range(channels):
                for x in range(width):
                    out[c, y, x] = np.float32(pixels[x * channels + c])


@njit(cache=True, nogil=True)
def _fhog_of_each(images, cell, out):  # type: ignore[no-untyped-def]
    count, _, rows, columns = out.shape
    planes = np.empty((images.shape[3], images.shape[1], images.shape[2]), np.float32)
    histogram = np.empty((rows, 18, columns + 2), np.float32)
    bins = np.zeros((18, count * (rows + 1), columns + 2), np.float32)
    for n in range(count):
        _planes(images[n], planes)
        _histogram(planes, cell, histogram)
        for y in range(rows):
            for o in range(18):
                for x in range(columns + 2):
                    bins[o, n * (rows + 1) + y, x] = histogram[y, o, x]
    norms = np.zeros(bins.shape[1:], np.float32)
    _block_norms(bins, cell, rows, norms)
    _channels(bins, norms, out)


def fhog_of_each(images: NDArray[np.uint8], cell: int = 4) -> NDArray[np.float32]:
    """FHOG of images (N, H, W, C) uint8: (N, 31, H // cell, W // cell) float32."""
    out = np.empty((len(images), CHANNELS, images.shape[1] // cell, images.shape[2] // cell), np.float32)
    _fhog_of_each(np.ascontiguousarray(images), cell, out)
    return out


def fhog(image: NDArray[np.uint8], cell: int = 4) -> NDArray[np.float32]:
    """FHOG of an image (H, W, C) uint8, C of 1 or 3: (31, H // cell, W // cell) float32.

    Pixels beyond the last whole cell are read for gradients only. The image must hold at least one cell.
    """
    return fhog_of_each(image[None], cell)[0]
