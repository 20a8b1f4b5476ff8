"""The network's mean image, resized to the sample as MATLAB's `imresize` does.

The authors' trackers resize the 224x224 mean image to whatever size their samples have, by MATLAB's
bicubic kernel (a = -0.5), widened when it shrinks the image, with mirrored borders. No installed
library has exactly this (PIL and torch clip the kernel at the border instead of mirroring).
"""

import numpy as np
from numpy.typing import NDArray


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic kernel with a = -0.5."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))


def _resize_matrix(size: int, new_size: int) -> NDArray[np.float64]:
    """(new_size, size) matrix that resizes one axis."""
    scale = min(new_size / size, 1.0)  # below 1 the kernel is widened: antialiasing
    support = int(np.ceil(4 / scale)) + 2
    centre = (np.arange(new_size) + 0.5) * size / new_size - 0.5
    first = np.floor(centre - 2 / scale).astype(int)
    index = first[:, None] + np.arange(support)
    weights = _cubic((centre[:, None] - index) * scale)
    weights /= weights.sum(axis=1, keepdims=True)
    mirrored = np.concatenate([np.arange(size), np.arange(size)[::-1]])[index % (2 * size)]
    matrix = np.zeros((new_size, size))
    np.add.at(matrix, (np.arange(new_size)[:, None], mirrored), weights)
    return matrix


def resize_mean(mean: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Mean of a sample of `height` x `width` pixels.

    mean: (H, W, 3) mean image or (3,) channel means, RGB 0..255. Returns (height, width, 3) float32.
    """
    if mean.ndim == 1:  # spelt out: torch is slow at subtracting three numbers from every pixel
        return np.tile(mean, (height, width, 1))
    if mean.shape[:2] == (height, width):
        return mean
    rows, columns = _resize_matrix(mean.shape[0], height), _resize_matrix(mean.shape[1], width)
    resized: NDArray[np.float64] = np.einsum("ij,jkc,lk->ilc", rows, mean.astype(np.float64), columns, optimize=True)
    return resized.astype(np.float32)
