"""Local response normalisation across channels, written for speed.

AlexNet's formula with MatConvNet's constants (alpha is not divided by the window size):

    y_c = x_c * (kappa + alpha * sum_{|k - c| <= 2} x_k^2) ** -beta

The sum over neighbouring channels is a 1x1 convolution with a banded matrix, which the CPU runs as
one matrix product, and s^-0.75 = r * sqrt(r) with r = 1/sqrt(s) avoids the slow general power.
"""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

WINDOW = 5
KAPPA = 2.0
ALPHA = 1e-4
BETA = 0.75


@lru_cache(maxsize=16)
def _band(channels: int, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    """Banded 1x1 kernel (C, C, 1, 1) and bias (C,): alpha times the window sum, plus kappa."""
    with torch.inference_mode(False):  # cached, so it must stay usable under autograd
        index = torch.arange(channels, device=device)
        near = (index[:, None] - index[None, :]).abs() <= WINDOW // 2
        kernel = (near.to(dtype) * ALPHA)[:, :, None, None]
        return kernel, torch.full((channels,), KAPPA, dtype=dtype, device=device)


def local_response_norm(x: Tensor) -> Tensor:
    """Normalise (N, C, H, W) float maps across channels; same shape, dtype and memory format."""
    kernel, bias = _band(int(x.shape[1]), x.dtype, x.device)  # a number even where torch traces the network
    root = F.conv2d(x * x, kernel, bias).rsqrt_()
    return (root * root.sqrt()).mul_(x)
