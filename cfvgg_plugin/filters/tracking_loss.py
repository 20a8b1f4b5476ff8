"""The correlation tracking loss of the paper (section IV): equations (6) to (8), and its online form (10).

A correlation filter is learned in closed form on one map and run on another, inside the loss, so that the network
learns features on which such filters work. The gradients (7) are autograd's, through the Fourier transforms.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.fft import irfft2, rfft2

from cfvgg_plugin.filters.fourier import hann_window

LEAST_SIGMA = 0.75
"""Cells: a narrower label would fall between the cells of a coarse map."""
Scaling = Literal["energy", "range", "none"]
"""What is done to maps before a filter is learned on them, see `windowed`."""


def windowed(maps: Tensor, scaling: Scaling) -> Tensor:
    """Maps (N, C, H, W) under the cosine window.

    scaling, first: "energy", zero channel means and unit mean energy of each sample; "range", every channel of a sample
    to 0..1, as fDeepSTRCF reads deep maps; "none". With the first two the features' own scale does not matter.
    """
    if scaling == "energy":
        maps = maps - maps.mean((2, 3), keepdim=True)
        maps = maps * maps.square().mean((1, 2, 3), keepdim=True).clamp(min=1e-12).rsqrt()
    elif scaling == "range":
        least, most = maps.amin((2, 3), keepdim=True), maps.amax((2, 3), keepdim=True)
        maps = (maps - least) / (most - least).clamp(min=1e-6)
    return maps * hann_window(*maps.shape[2:]).to(maps)


def shifted_gaussian(height: int, width: int, sigma: Tensor, shift: Tensor) -> Tensor:
    """Desired responses (N, height, width): wrapped Gaussians with a peak of 1, differentiable in nothing.

    sigma: (N,) cells. shift: (N, 2) displacement (x, y) of the peak from cell (0, 0), in cells, fractions allowed.
    """

    def axis(length: int, offset: Tensor) -> Tensor:
        distance = torch.arange(length, device=sigma.device, dtype=sigma.dtype) - offset[:, None]
        distance = distance - length * torch.round(distance / length)
        return torch.exp(-0.5 * (distance / sigma[:, None]) ** 2)

    return axis(height, shift[:, 1])[:, :, None] * axis(width, shift[:, 0])[:, None, :]


def respond(x: Tensor, z: Tensor, label: Tensor, regularisation: float, relative: bool) -> Tensor:
    """Responses (N, H, W) to windowed maps z of the filters learned on windowed maps x, both (N, C, H, W) (equation 6).

    The filter of channel c is w_c = x_c y* / (sum_k |x_k|^2 + lambda) in the Fourier domain, so that the response
    sum_c w_c* z_c needs one product over the channels. label: (N, H, W), peak at (0, 0). regularisation: lambda;
    with `relative`, in units of the mean spectral energy of the sample, which no scale of the features changes.
    """
    spectrum = rfft2(x)
    energy = (spectrum.real.square() + spectrum.imag.square()).sum(1)
    ridge = regularisation * (energy.mean((1, 2), keepdim=True) if relative else 1.0)
    product = (spectrum.conj() * rfft2(z)).sum(1)
    # above 0 where all maps are flat
    response: Tensor = irfft2(rfft2(label) * product / (energy + ridge).clamp(min=1e-12), s=x.shape[2:])
    return response


def tracking_loss(
    x: Tensor,
    z: Tensor,
    shift: Tensor,
    sigma: Tensor,
    regularisation: float = 0.01,
    scaling: Scaling = "energy",
    negatives: Tensor | None = None,
    fixed_ridge: bool = False,
) -> Tensor:
    """Correlation tracking loss of one level: equation (6), or (10) where there are negatives. A scalar.

    x, z: (N, C, H, W) maps of target and search patches. shift: (N, 2) displacement (x, y) of the target in z, in
    cells. sigma: (N,) width of the label in cells. regularisation: lambda of equation (6), see `respond`.
    scaling: of the features, see `windowed`. With "none" it is the equation as printed; else errors are in units of
    ||g||^2 and the regularisation in units of the sample's mean spectral energy.
    negatives: (N, C, H, W) maps of patches without the target, on which each filter should answer zero.
    fixed_ridge: the regularisation is in units of the spectral energy of one channel with 1 in every cell instead. That
    does not shrink with the maps, so that a network pays for channels that are silent nearly everywhere.
    """
    height, width = x.shape[2:]
    centred = shifted_gaussian(height, width, sigma, torch.zeros_like(shift))
    relative = scaling != "none" and not fixed_ridge
    regularisation *= height * width if fixed_ridge else 1
    windowed_x = windowed(x, scaling)
    label = shifted_gaussian(height, width, sigma, shift)
    response = respond(windowed_x, windowed(z, scaling), centred, regularisation, relative)
    scale = torch.ones_like(sigma) if scaling == "none" else centred.square().sum((1, 2))
    loss = (response - label).square().sum((1, 2)) / scale
    if negatives is not None:
        answer = respond(windowed_x, windowed(negatives, scaling), centred, regularisation, relative)
        loss = loss + answer.square().sum((1, 2)) / scale
    return loss.mean()
