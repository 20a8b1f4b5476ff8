"""ECO's spatial regularisation: a quadratic window around the target, as a few Fourier coefficients (SRDCF, ECO)."""

import numpy as np
from numpy.typing import NDArray


def regularisation_window(
    support: int, target: tuple[float, float], minimum: float, edge: float, power: float
) -> NDArray[np.float64]:
    """(support, support) penalty: `minimum` at the centre, about `edge` at the target's border, growing outwards.

    target: (height, width) in sample pixels.
    """
    offsets = np.arange(support) - (support - 1) / 2
    rows, columns = (np.abs(offsets / (0.5 * side)) ** power for side in target)
    return (edge - minimum) * (rows[:, None] + columns[None, :]) + minimum


def sparse_spectrum(window: NDArray[np.float64], threshold: float, minimum: float) -> NDArray[np.float32]:
    """(odd, odd) real Fourier coefficients of the window, centred; small ones are left out.

    threshold: share of the largest coefficient below which one is dropped. The mean is corrected so that the
    smallest value of the sparse window is `minimum` again.
    """
    spectrum = np.fft.fft2(window) / window.size
    spectrum[np.abs(spectrum) < threshold * np.abs(spectrum).max()] = 0
    sparse = np.fft.ifft2(spectrum).real * window.size
    spectrum[0, 0] += minimum - sparse.min()
    centred = np.fft.fftshift(spectrum)
    rows, columns = (np.flatnonzero(np.any(centred, axis=axis)) for axis in (1, 0))
    return centred[np.ix_(rows, columns)].real.astype(np.float32)


def autocorrelation(coefficients: NDArray[np.float32]) -> list[tuple[int, int, float]]:
    """Kernel of W^H W for the convolution W with real coefficients (odd, odd), centred.

    Returns (vertical offset, horizontal offset, value) of every non-zero entry.
    """
    height, width = coefficients.shape
    kernel = np.zeros((2 * height - 1, 2 * width - 1))
    for y in range(height):
        for x in range(width):
            top, left = height - 1 - y, width - 1 - x
            kernel[top : top + height, left : left + width] += coefficients[y, x] * coefficients
    found = np.argwhere(np.abs(kernel) > 1e-12 * np.abs(kernel).max())
    return [(int(y) - height + 1, int(x) - width + 1, float(kernel[y, x])) for y, x in found]
