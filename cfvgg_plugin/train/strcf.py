"""fDeepSTRCF's own first filter inside the loss: the student learns maps on which this filter finds the target.

The closed-form filter of the paper's tracking loss stands for any correlation filter. STRCF's (Li et al., CVPR 2018)
is another: its label is narrower than a cell, and it is nearly zero outside of the target. It, too, is a chain of
closed forms, through which gradients flow.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.fft import irfft2, rfft2

from cfvgg_plugin.filters import strcf
from cfvgg_plugin.networks.vggm import stride_of
from cfvgg_plugin.parameters.fdeepstrcf import default
from cfvgg_plugin.train.losses import ranged, shifted_gaussian

TAP = "conv3"
"""What fDeepSTRCF reads of the student."""
STRIDE = stride_of(TAP)
SETTINGS = default.parameters()
FINE = SETTINGS.blocks[0].cell
"""Pixels per cell of the tracker's response."""
SHARPNESS = 50.0
"""Factor of responses before the softmax: those of first filters reach about 0.1."""


def strcf_loss(x: Tensor, z: Tensor, shift: Tensor, target: Tensor, label_sigma: float) -> Tensor:
    """Cross entropy of the response to z of the filter learned on x, beside a Gaussian at the target's place; a scalar.

    The tracker moves to the highest peak, and so does the loss ask for a peak above all others, not for a response of a
    certain shape.
    x, z: (N, C, s, s) maps of target and search patches at TAP. shift: (N, 2) displacement (x, y) of the target in z,
    target: (N,) its size, both in pixels of the patch. label_sigma: width of the desired peak, in target sizes.
    """
    side = x.shape[2]
    total = side * STRIDE // FINE
    hann = torch.hann_window(side, periodic=False, dtype=torch.float64)
    window = torch.outer(hann, hann).to(x)
    label = shifted_gaussian(side, side, SETTINGS.output_sigma_factor * target / STRIDE, torch.zeros_like(shift))
    filt = fit(rfft2(ranged(x) * window), rfft2(label), _spatial_weights(side, target).to(x), total**2)
    coarse = (filt.conj() * rfft2(ranged(z) * window)).sum(1)
    spectrum = coarse.new_zeros((len(x), total, total // 2 + 1))
    strcf.add_enlarged(spectrum, total, coarse, side)
    response = irfft2(spectrum, s=(total, total))
    wanted = shifted_gaussian(total, total, label_sigma * target / FINE, shift / FINE).flatten(1)
    likelihood = F.log_softmax(SHARPNESS * response.flatten(1), 1)
    return -(wanted / wanted.sum(1, keepdim=True) * likelihood).sum(1).mean()


def _spatial_weights(side: int, target: Tensor) -> Tensor:
    """(N, side, side) float32 weights of the filters' cells for targets of those sizes."""
    inside = [int(size // SETTINGS.blocks[-1].cell) for size in target.tolist()]
    limits = (SETTINGS.reg_window_max, SETTINGS.reg_window_min)
    return torch.stack([strcf.regularisation_window((side, side), (n, n), *limits) for n in inside])


def fit(spectra: Tensor, labels: Tensor, weights: Tensor, cells: float) -> Tensor:
    """First filters (N, C, h, w // 2 + 1) of N samples: those of `filters.strcf.fit`, for autograd.

    spectra: (N, C, h, w // 2 + 1) complex. labels: (N, h, w // 2 + 1) spectra of desired responses. weights: (N, h, w)
    spatial weights. cells: as in `filters.strcf.Problem`.
    """
    labels, weights = labels[:, None], weights[:, None]
    penalties = strcf.penalty_schedule(
        SETTINGS.init_penalty_factor, SETTINGS.penalty_scale_step, SETTINGS.max_penalty_factor, SETTINGS.max_iterations
    )
    power = (spectra.real.square() + spectra.imag.square()).sum(1, keepdim=True)
    auxiliary = multiplier = torch.zeros_like(spectra)  # g and h
    for index, gamma in enumerate(penalties):
        # equation 10 by the Sherman-Morrison formula
        filt = spectra * (labels / (cells * gamma)) + (gamma * auxiliary - multiplier) / gamma
        filt = filt - spectra * ((spectra.conj() * filt).sum(1, keepdim=True) / (power + cells * gamma))
        if index + 1 < len(penalties):
            pulled = irfft2(gamma * filt + multiplier, s=weights.shape[2:])
            auxiliary = rfft2(pulled / (weights.square() + gamma))
            multiplier = multiplier + gamma * (filt - auxiliary)
    return filt
