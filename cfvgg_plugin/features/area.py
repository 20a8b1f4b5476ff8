"""Shrinking by area averaging, to the last grey level as in the OpenCV (2.4) that the published trackers were run with.

Averages of whole grey values over rational areas fall on exact halves so often that the order of the float32
operations decides the rounding of several pixels in every patch, and a pixel turns gradients of the small patches of
the scale filter into other orientation bins. That library averaged along rows first, summed whole and cut rows, and
divided by their number last; OpenCV 5 does otherwise.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def _columns(width, new_width):  # type: ignore[no-untyped-def]
    """Which source column goes into which new one with what weight: three arrays of equal length."""
    step = 1 / (new_width / width)
    source = np.empty(2 * width + 2 * new_width, np.int32)
    target = np.empty_like(source)
    weight = np.empty(source.size, np.float32)
    count = 0
    for x in range(new_width):
        left, right = x * step, x * step + step
        share = 1 / min(step, width - left)
        first, last = min(math.ceil(left), width - 1), min(math.floor(right), width - 1)
        if first > left:
            source[count], target[count], weight[count] = first - 1, x, (first - left) * share
            count += 1
        for column in range(first, last):
            source[count], target[count], weight[count] = column, x, share
            count += 1
        if right - last > 1e-3:
            source[count], target[count], weight[count] = last, x, (right - last) * share
            count += 1
    return source[:count], target[:count], weight[:count]


@njit(cache=True, nogil=True)
def _average_rows(one, two, source, weight, ends, lines):  # type: ignore[no-untyped-def]
    """lines[:, x] = weighted sums of the columns that go into new column x, added in their order, of two rows.

    one, two: (W, C) uint8; lines: (2, w, C) float32. Two rows at a time, and three channels unrolled, for speed.
    """
    begin = 0
    for x in range(ends.size):
        end = ends[x]
        first = source[begin] - begin
        if one.shape[1] == 3:
            red = green = blue = next_red = next_green = next_blue = np.float32(0)
            for k in range(begin, end):
                share, column = weight[k], first + k
                red += np.float32(one[column, 0]) * share
                green += np.float32(one[column, 1]) * share
                blue += np.float32(one[column, 2]) * share
                next_red += np.float32(two[column, 0]) * share
                next_green += np.float32(two[column, 1]) * share
                next_blue += np.float32(two[column, 2]) * share
            lines[0, x, 0], lines[0, x, 1], lines[0, x, 2] = red, green, blue
            lines[1, x, 0], lines[1, x, 1], lines[1, x, 2] = next_red, next_green, next_blue
        else:
            for c in range(one.shape[1]):
                total = next_total = np.float32(0)
                for k in range(begin, end):
                    total += np.float32(one[first + k, c]) * weight[k]
                    next_total += np.float32(two[first + k, c]) * weight[k]
                lines[0, x, c], lines[1, x, c] = total, next_total
        begin = end


@njit(cache=True, nogil=True)
def _round(value):  # type: ignore[no-untyped-def]
    """To the nearest grey level, halves to the even one."""
    return np.uint8(min(max(np.rint(value), np.float32(0)), np.float32(255)))


@njit(cache=True, nogil=True)
def _shrink(image, out):  # type: ignore[no-untyped-def]
    """Fill `out` (h, w, C), contiguous."""
    (height, width, channels), (new_height, new_width, _) = image.shape, out.shape
    source, target, weight = _columns(width, new_width)
    ends = np.searchsorted(target, np.arange(new_width), "right")
    step = np.float32(1 / (new_height / height))
    rows_out = out.reshape(new_height, new_width * channels)
    lines = np.empty((2, new_width, channels), np.float32)
    total = np.zeros(new_width * channels, np.float32)
    row = 0
    for y in range(height):
        if y % 2 == 0:
            _average_rows(image[y], image[min(y + 1, height - 1)], source, weight, ends, lines)
        line = lines[y % 2].reshape(-1)
        end = np.float32(row + 1) * step
        if row < new_height and (end <= np.float32(y + 1) or y == height - 1):
            rest = max(np.float32(y + 1) - end, np.float32(0))
            if rest < np.float32(1e-3):
                rest = np.float32(0)
            rows = min(step, np.float32(height) - np.float32(row) * step)
            for i in range(line.size):
                rows_out[row, i] = _round((total[i] + line[i] * (np.float32(1) - rest)) / rows)
                total[i] = line[i] * rest
            row += 1
        else:
            for i in range(line.size):
                total[i] += line[i]


@njit(cache=True, nogil=True)
def _repeated_border(image, left, top, w, h):  # type: ignore[no-untyped-def]
    """Copy of a window (h, w, C); pixels outside the image repeat its border."""
    height, width, channels = image.shape
    window = np.empty((h, w, channels), np.uint8)
    for y in range(h):
        row = min(max(top + y, 0), height - 1)
        for x in range(w):
            column = min(max(left + x, 0), width - 1)
            for c in range(channels):
                window[y, x, c] = image[row, column, c]
    return window


@njit(cache=True, nogil=True)
def _shrink_windows(image, starts, sizes, out):  # type: ignore[no-untyped-def]
    """Fill out[n] with window n, shrunk, where it is at least as large on both axes."""
    height, width = image.shape[:2]
    _, new_height, new_width, _ = out.shape
    done = np.zeros(len(out), np.bool_)
    for n in range(len(out)):
        w, h = sizes[n]
        if w < new_width or h < new_height or new_width > h:
            continue
        left, top = starts[n]
        if left >= 0 and top >= 0 and left + w <= width and top + h <= height:
            _shrink(image[top : top + h, left : left + w], out[n])
        else:
            _shrink(_repeated_border(image, left, top, w, h), out[n])
        done[n] = True
    return done


def shrink(image: NDArray[np.uint8], new_width: int, new_height: int) -> NDArray[np.uint8]:
    """(new_height, new_width, C) area averages of an image (H, W, C) uint8 that is at least as large on both axes."""
    out = np.empty((new_height, new_width, image.shape[2]), np.uint8)
    _shrink(image, out)
    return out


def shrink_windows(
    image: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64], out: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Cut many windows, borders repeated, and shrink each into one patch of `out` (N, h, w, C).

    starts, sizes: (N, 2) x, y and width, height in pixels of an image (H, W, C). Returns which patches were filled:
    not those that would have to grow on one axis, nor those wider than their window is high.
    """
    filled: NDArray[np.bool_] = _shrink_windows(image, starts, sizes, out)
    return filled
