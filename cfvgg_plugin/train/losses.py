"""Losses of a student: likeness to a teacher's maps, and the highest peak of one filter of several layers."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.fft import irfft2, rfft2
from torch.nn.functional import avg_pool2d, log_softmax

from cfvgg_plugin.filters.strcf import add_enlarged
from cfvgg_plugin.filters.tracking_loss import LEAST_SIGMA, respond, shifted_gaussian, windowed


def fidelity_loss(student: Tensor, teacher: Tensor, normalise: bool = True) -> Tensor:
    """Mean over samples of ||phi - psi||^2 (one term of equation 5). A scalar.

    student, teacher: (N, C, H, W), already of the same channels and size. With `normalise` in units of the mean
    energy of the teacher's maps, so that 1 is what a student scores that knows nothing but zero.
    """
    error = (student - teacher).square()
    if normalise:
        return error.mean() / teacher.square().mean().clamp(min=1e-12)
    return error.sum((1, 2, 3)).mean()


def relation_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """One minus the linear CKA of two sets of maps (Kornblith et al., ICML 2019); a scalar in [0, 1].

    student: (N, C, H, W), teacher: (N, D, H, W), any numbers of channels. A linear correlation filter sees features
    through their inner products alone; this compares the inner products between all cells of the batch, where
    `fidelity_loss` compares values after a linear map that training chooses and tracking never sees.
    """
    phi, psi = (maps.permute(1, 0, 2, 3).flatten(1) for maps in (student, teacher))
    phi, psi = phi - phi.mean(1, keepdim=True), psi - psi.mean(1, keepdim=True)
    shared = (phi @ psi.T).square().sum()
    own = torch.linalg.matrix_norm(phi @ phi.T) * torch.linalg.matrix_norm(psi @ psi.T)
    return 1 - shared / own.clamp(min=1e-12)


CELL = 4
"""Pixels: finer maps are averaged to it, as fECO does with conv1."""
TEMPERATURE = 0.05
"""Of the softmax over a response; labels have a peak of 1."""


def joined_maps(maps: Mapping[str, Tensor], strides: Mapping[str, int]) -> tuple[Tensor, int]:
    """Maps of several taps as one map (N, sum of C, H, W) on the cells of the finest, and the pixels of a cell.

    maps: {tap: (N, C, h, w)} of one square patch. strides: pixels from cell to cell of every tap. Each map is cut to
    the area that all of them cover, scaled to zero channel means and unit energy, put under the cosine window, and
    enlarged by its Fourier series.
    """
    coarsest = max(strides[tap] for tap in maps)
    span = min(m.shape[-1] * strides[tap] for tap, m in maps.items()) // coarsest * coarsest
    parts = []
    for tap, found in maps.items():
        count, pool = span // strides[tap], max(CELL // strides[tap], 1)
        first = (found.shape[-1] - count) // 2
        cut = found[:, :, first : first + count, first : first + count]
        parts.append(windowed(avg_pool2d(cut, pool) if pool > 1 else cut, "energy"))
    side = max(part.shape[-1] for part in parts)
    return torch.cat([_enlarged(part, side) for part in parts], 1), span // side


def _enlarged(maps: Tensor, side: int) -> Tensor:
    """(N, C, n, n) to (N, C, side, side) by the Fourier series."""
    count = maps.shape[-1]
    if count == side:
        return maps
    spectra = rfft2(maps).flatten(0, 1)
    total = spectra.new_zeros((len(spectra), side, side // 2 + 1))
    add_enlarged(total, side, spectra, count)
    return irfft2(total, s=(side, side)).unflatten(0, maps.shape[:2])


def peak_loss(
    x: Mapping[str, Tensor], z: Mapping[str, Tensor], strides: Mapping[str, int], shift: Tensor, sigma: Tensor,
    regularisation: float,
) -> Tensor:  # fmt: skip
    """Cross entropy between the label and the softmax of the response, mean over samples; a scalar.

    x, z: {tap: (N, C, h, w)} maps of target and search patches; the filter is learned on all maps of x together.
    strides: pixels from cell to cell of every tap.
    shift: (N, 2) displacement (x, y) of the target in z. sigma: (N,) width of the label; both in pixels.
    regularisation: lambda of equation (6), in units of the sample's mean spectral energy.
    """
    joined_x, cell = joined_maps(x, strides)
    joined_z, _ = joined_maps(z, strides)
    height, width = joined_x.shape[2:]
    shift, sigma = shift / cell, (sigma / cell).clamp(min=LEAST_SIGMA)
    centred = shifted_gaussian(height, width, sigma, torch.zeros_like(shift))
    wanted = shifted_gaussian(height, width, sigma, shift).flatten(1)
    response = respond(joined_x, joined_z, centred, regularisation, relative=True).flatten(1)
    wanted = wanted / wanted.sum(1, keepdim=True)
    return -(wanted * log_softmax(response / TEMPERATURE, 1)).sum(1).mean()
