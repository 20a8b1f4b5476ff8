"""Kernelised ridge regression over all circular shifts (paper, equations 1-3; KCF: Henriques et al., TPAMI 2015).

Written in the dual: with the kernel correlation k of the sample with itself, the filter is alpha = y / (k + lambda),
element by element in the Fourier domain. With the linear kernel this is exactly the closed form (2) of the paper.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.fft import irfft2, rfft2

from cfvgg_plugin.filters.fourier import energy

Kernel = Callable[[Tensor, Tensor, int], Tensor]
"""(spectrum z, spectrum x, map width) to the spectrum (H, W//2+1) of the kernel of z with all shifts of x."""


@dataclass(frozen=True)
class KCFModel:
    """Dual filter `alpha` (H, W//2+1) and the template (C, H, W//2+1) it was learned on, both spectra."""

    alpha: Tensor
    template: Tensor


def linear_kernel(z: Tensor, x: Tensor, width: int) -> Tensor:
    """Sum over channels of the circular correlations, divided by the number of values in the map."""
    return (z * x.conj()).sum(0) / (x.shape[0] * x.shape[1] * width)


def gaussian_kernel(sigma: float) -> Kernel:
    """Kernel exp(-||z - x||^2 / (n sigma^2)) for n values in the map (Henriques et al., equation 30)."""

    def kernel(z: Tensor, x: Tensor, width: int) -> Tensor:
        height, count = x.shape[1], x.shape[0] * x.shape[1] * width
        correlation = irfft2((z * x.conj()).sum(0), s=(height, width))
        distance = (energy(z, width) + energy(x, width) - 2 * correlation).clamp(min=0)
        spectrum: Tensor = rfft2(torch.exp(-distance / (count * sigma**2)))
        return spectrum

    return kernel


def fit(features: Tensor, label: Tensor, kernel: Kernel, regularisation: float) -> KCFModel:
    """Learn from one sample.

    features: (C, H, W) float, already multiplied by the cosine window. label: (H, W//2+1) complex, spectrum of the
    Gaussian label with its peak at (0, 0). regularisation: lambda of equation 1, for kernels divided by their size.
    """
    spectrum = rfft2(features)
    return KCFModel(label / (kernel(spectrum, spectrum, features.shape[2]) + regularisation), spectrum)


def blend(old: KCFModel, new: KCFModel, rate: float) -> KCFModel:
    """Exponential forgetting; `rate` in [0, 1] is the weight of the new sample."""
    return KCFModel(torch.lerp(old.alpha, new.alpha, rate), torch.lerp(old.template, new.template, rate))


def respond(model: KCFModel, features: Tensor, kernel: Kernel) -> Tensor:
    """Spectrum (H, W//2+1) of the response to a search sample (C, H, W); its peak is the displacement in cells."""
    return model.alpha * kernel(rfft2(features), model.template, features.shape[2])
