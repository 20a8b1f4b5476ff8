"""Where a response peaks, to a fraction of a cell, and how much that peak can be trusted."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.fft import irfft2

from cfvgg_plugin.filters.fourier import parseval_weights, wrapped_offsets


@dataclass(frozen=True)
class Peak:
    """Maximum of a response: displacement (x, y) in cells, wrapped to half a map either way, and its value."""

    x: float
    y: float
    value: float


def refine_peak(
    spectrum: Tensor, width: int, row: float, column: float, iterations: int = 5
) -> tuple[float, float, float]:
    """Newton's method on the trigonometric polynomial of a real map (ECO, section 3.3 of C-COT's supplement).

    spectrum: (H, width // 2 + 1) complex, unnormalised. Starts at the cell (row, column) and returns the refined
    row, column and value. A step longer than one cell, or at a point that is no maximum, ends the search there.
    """
    height = spectrum.shape[0]
    weighted = spectrum.numpy().astype(np.complex128) * (parseval_weights(width).numpy() / (height * width))
    fy = 2 * math.pi / height * wrapped_offsets(height).numpy()
    fx = 2 * math.pi / width * np.arange(width // 2 + 1)
    best = (row, column, -math.inf)
    for _ in range(iterations + 1):
        ex, ey = np.exp(1j * fx * column), np.exp(1j * fy * row)
        along_x = weighted @ np.stack([ex, 1j * fx * ex, -(fx**2) * ex], axis=1)
        along_y = np.stack([ey, 1j * fy * ey, -(fy**2) * ey])
        jet = (along_y @ along_x).real  # jet[i, j]: i-th derivative in y, j-th in x
        if jet[0, 0] <= best[2]:
            break
        best = (row, column, float(jet[0, 0]))
        determinant = jet[2, 0] * jet[0, 2] - jet[1, 1] ** 2
        if not (determinant > 0 and jet[2, 0] < 0):
            break
        step_y = (jet[1, 1] * jet[0, 1] - jet[0, 2] * jet[1, 0]) / determinant
        step_x = (jet[1, 1] * jet[1, 0] - jet[2, 0] * jet[0, 1]) / determinant
        if max(abs(step_x), abs(step_y)) > 1:
            break
        row, column = row + step_y, column + step_x
    return best


def locate(spectrum: Tensor, width: int) -> tuple[Peak, Tensor]:
    """Refined maximum of a response given by its half spectrum, and the response map (H, width) itself."""
    height = spectrum.shape[0]
    response = irfft2(spectrum, s=(height, width))
    row, column = divmod(int(response.argmax()), width)
    y, x, value = refine_peak(spectrum, width, row, column)
    return Peak((x + width / 2) % width - width / 2, (y + height / 2) % height - height / 2, value), response


def peak_to_sidelobe(response: Tensor, radius: float) -> float:
    """Peak-to-sidelobe ratio (MOSSE, Bolme et al. 2010): (peak - mean) / deviation of everything beyond `radius` cells.

    Distances wrap. At least the peak itself is left out; a flat response has ratio 0.
    """
    height, width = response.shape
    row, column = divmod(int(response.argmax()), width)
    far_y = wrapped_offsets(height).abs().roll(row) > radius
    far_x = wrapped_offsets(width).abs().roll(column) > radius
    sidelobe = response[far_y[:, None] | far_x[None, :]]
    if sidelobe.numel() < 2:
        return 0.0
    deviation, mean = torch.std_mean(sidelobe)
    return float((response[row, column] - mean) / deviation) if deviation > 0 else 0.0
