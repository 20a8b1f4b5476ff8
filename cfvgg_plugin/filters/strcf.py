"""STRCF: a correlation filter with spatial and temporal regularisation (Li et al., CVPR 2018), by ADMM.

One sample x of D channels, a label y, a spatial weight w and the filter f_prev of the frame before give (equation 5)

    min_f  1/2 |sum_d x_d * f_d - y|^2  +  1/2 sum_d |w . f_d|^2  +  mu/2 |f - f_prev|^2

ADMM splits f into f (data and temporal term, closed form per frequency) and g (spatial term, closed form per cell),
with the multiplier h and a penalty gamma that changes from iteration to iteration (section 3.3).
Here the filter is the complex conjugate of the one that is multiplied with a sample: response = sum_d conj(f_d) x_d.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.filters.fourier import Transforms, transforms


@dataclass(frozen=True)
class Problem:
    """What stays the same from frame to frame for one block of maps of height x width cells."""

    label: Tensor
    """(H, W // 2 + 1) complex: spectrum of the desired response, its peak at cell (0, 0)."""
    window: Tensor
    """(H, W) float: the spatial weight w of every filter cell."""
    cells: float
    """Cells over which the errors of the response are averaged: those of the largest block, for every block."""
    temporal: float
    """Mu, the weight of the previous filter."""
    penalties: tuple[float, ...]
    """Gamma in every iteration."""

    @cached_property
    def kept(self) -> tuple[slice, slice]:
        """Rows and columns outside which the window leaves nothing of g that its precision could show."""
        square = self.window.double().square()
        within = square < float(square.min() + min(self.penalties)) / torch.finfo(self.window.dtype).eps
        return _extent(within.any(1)), _extent(within.any(0))

    @cached_property
    def transforms(self) -> Transforms:
        """From spectra to the cells that are kept, and back."""
        (height, width), (rows, columns) = self.window.shape, self.kept
        return transforms(height, width, range(height)[rows], range(width)[columns], self.label.dtype)


def penalty_schedule(initial: float, step: float, maximum: float, iterations: int) -> tuple[float, ...]:
    """Gamma in every iteration: times `step` from one to the next, but never above `maximum` after the first.

    The published values (1, 10, 0.1) lower it: 1, then 0.1.
    """
    penalties = [initial]
    while len(penalties) < iterations:
        penalties.append(min(step * penalties[-1], maximum))
    return tuple(penalties[:iterations])


def regularisation_window(size: tuple[int, int], target: tuple[int, int], outside: float, inside: float) -> Tensor:
    """(H, W) float32 weight w: `inside` on the middle `target` = (rows, columns) cells of a map, `outside` elsewhere.

    The middle of an even map is the cell after its half, that of an even target the cell after its half. At least one
    cell is inside, and no more than the map has.
    """
    rows, columns = (_middle(length, part) for length, part in zip(size, target, strict=True))
    window = torch.full(size, outside)
    window[rows, columns] = inside
    return window


def _extent(some: Tensor) -> slice:
    """From the first true entry to the last."""
    numbers = some.nonzero()
    return slice(int(numbers[0]), int(numbers[-1]) + 1)


def _middle(length: int, part: int) -> slice:
    part = max(part, 1)
    start = length // 2 - part // 2
    return slice(max(start, 0), start + part)


def fit(spectrum: Tensor, problem: Problem, previous: Tensor | None = None) -> Tensor:
    """Filter (D, H, W // 2 + 1) complex, its half spectrum, learned from one sample.

    spectrum: (D, H, W // 2 + 1) complex in the problem's precision, of maps already multiplied by the cosine window.
    previous: filter of the frame before, None in the first frame, which has no temporal term.
    """
    made, auxiliary = torch.empty_like(spectrum), torch.empty_like(spectrum)
    filt, g, h = _flat(made), _flat(auxiliary), _flat(torch.empty_like(spectrum))  # g and h: at first 0 and not read
    mu = 0.0 if previous is None else problem.temporal
    sample = _flat(spectrum)
    old = sample if previous is None else _flat(previous)  # not read where mu is 0
    label = problem.label.numpy().reshape(-1)
    for index, gamma in enumerate(problem.penalties):
        weights = _weights(problem.cells, gamma, mu, problem.window)
        later = index > 0
        _solve_filter(sample, label, old, *weights, filt, g, h, later)
        if index + 1 == len(problem.penalties):
            break  # g and h serve the next iteration alone
        _pull(filt, g, h, weights[0], later)
        auxiliary = _shrink(auxiliary, problem, gamma)
        g = _flat(auxiliary)
        _update_multiplier(filt, g, h, weights[0], later)
    return made


def _shrink(pull: Tensor, problem: Problem, gamma: float) -> Tensor:
    """The g-step (equation 11): spectra (D, H, W // 2 + 1) divided cell by cell by w^2 + gamma.

    The window is a hundred million times as high outside the target: only its cells are computed.
    """
    rows, columns = problem.kept
    cells = problem.transforms.cells(pull)
    cells /= problem.window[rows, columns].square() + gamma
    return problem.transforms.spectra(cells)


def respond(filt: Tensor, spectra: Tensor) -> Tensor:
    """Spectra (S, H, W // 2 + 1) of the responses of a filter (D, H, W // 2 + 1) to samples (S, D, H, W // 2 + 1)."""
    out = torch.empty((spectra.shape[0], *spectra.shape[2:]), dtype=spectra.dtype)
    for sample, response in zip(spectra, out, strict=True):
        _correlate(_flat(filt), _flat(sample), response.numpy().reshape(-1))
    return out


def add_enlarged(total: Tensor, total_width: int, spectra: Tensor, width: int) -> None:
    """Add maps of lower resolution to maps of higher resolution, in place, both given by their half spectra.

    total: (S, H, total_width // 2 + 1). spectra: (S or 1, h, width // 2 + 1), h <= H, width <= total_width. The
    frequencies that the smaller maps lack are 0, and so is the highest frequency of an even size: its phase is not
    known.
    """
    if spectra.shape[1:] == total.shape[1:] and width == total_width:
        total += spectra
        return
    height = spectra.shape[1]
    rows, low, columns = (height + 1) // 2, (height - 1) // 2, (width + 1) // 2  # whose frequencies are certain
    scale = total.shape[1] * total_width / (height * width)
    total[:, :rows, :columns].add_(spectra[:, :rows, :columns], alpha=scale)
    if low:
        total[:, -low:, :columns].add_(spectra[:, -low:, :columns], alpha=scale)


def _flat(spectrum: Tensor) -> NDArray[Any]:
    """(D, frequencies) view in numpy."""
    return spectrum.numpy().reshape(spectrum.shape[0], -1)


def _weights(cells: float, gamma: float, mu: float, like: Tensor) -> tuple[Any, Any, Any]:
    """(gamma, mu, cells) in the precision of `like`, so that the compiled loops do not compute in another."""
    number = np.float64 if like.dtype == torch.float64 else np.float32
    return number(gamma), number(mu), number(cells)


@njit(cache=True, nogil=True, fastmath=True)
def _solve_filter(x, y, previous, gamma, mu, cells, filt, auxiliary, multiplier, later):  # type: ignore[no-untyped-def]
    """The f-step (equation 10): minimise over f with g and h fixed, by the Sherman-Morrison formula, into `filt`.

    x, previous, filt, auxiliary, multiplier: (D, frequencies); y: (frequencies,). later: whether there are g and h yet.
    """
    one = type(gamma)(1)
    inverse = one / (gamma + mu)
    data = inverse / cells
    dot = np.zeros_like(y)
    power = np.zeros(y.size, x.real.dtype)
    for d in range(x.shape[0]):
        for i in range(y.size):
            value = x[d, i]
            v = value * (y[i] * data)
            if later:
                v += (gamma * auxiliary[d, i] - multiplier[d, i]) * inverse
            if mu > 0:
                v += previous[d, i] * (mu * inverse)
            filt[d, i] = v
            dot[i] += value.conjugate() * v
            power[i] += value.real * value.real + value.imag * value.imag
    ridge = cells * (gamma + mu)
    for i in range(y.size):
        dot[i] *= one / (power[i] + ridge)
    for d in range(x.shape[0]):
        for i in range(y.size):
            filt[d, i] -= x[d, i] * dot[i]


@njit(cache=True, nogil=True, fastmath=True)
def _pull(filt, auxiliary, multiplier, gamma, later):  # type: ignore[no-untyped-def]
    """Gamma f + h into `auxiliary`: what the g-step (equation 11) shrinks cell by cell."""
    for d in range(filt.shape[0]):
        for i in range(filt.shape[1]):
            pull = gamma * filt[d, i]
            auxiliary[d, i] = pull + multiplier[d, i] if later else pull


@njit(cache=True, nogil=True, fastmath=True)
def _update_multiplier(filt, auxiliary, multiplier, gamma, later):  # type: ignore[no-untyped-def]
    """H += gamma (f - g)."""
    for d in range(filt.shape[0]):
        for i in range(filt.shape[1]):
            change = gamma * (filt[d, i] - auxiliary[d, i])
            multiplier[d, i] = multiplier[d, i] + change if later else change


@njit(cache=True, nogil=True, fastmath=True)
def _correlate(filt, sample, out):  # type: ignore[no-untyped-def]
    """sum_d conj(filt) sample into `out`."""
    out[:] = 0
    for d in range(filt.shape[0]):
        for i in range(out.size):
            out[i] += filt[d, i].conjugate() * sample[d, i]
