"""What pytracking's ECO needs of torch, and what torch has meanwhile taken away; mended for a running process."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def repair(tensor_list: Any) -> None:
    """Make ECO run; `tensor_list` is pytracking's class TensorList. A second call changes nothing."""
    if not hasattr(torch, "rfft"):
        torch.rfft, torch.irfft = _rfft, _irfft  # type: ignore[attr-defined]
    lookup = tensor_list.__getattr__
    if getattr(lookup, "of_cfvgg", False):
        return

    def guarded(self: Any, name: str) -> Any:
        """TensorList claims to have every attribute of a tensor; torch's protocols must not be among them."""
        if name.startswith("__torch_"):
            raise AttributeError(name)
        return lookup(self, name)

    guarded.of_cfvgg = True  # type: ignore[attr-defined]
    tensor_list.__getattr__ = guarded


def _rfft(x: Tensor, signal_ndim: int, normalized: bool = False) -> Tensor:
    """torch.rfft as it was before torch 1.8: half spectrum, real and imaginary parts (..., 2)."""
    axes = tuple(range(-signal_ndim, 0))
    return torch.view_as_real(torch.fft.rfftn(x, dim=axes, norm="ortho" if normalized else None))


def _irfft(
    x: Tensor,
    signal_ndim: int,
    normalized: bool = False,
    onesided: bool = True,
    signal_sizes: Sequence[int] | None = None,
) -> Tensor:
    """torch.irfft as it was before torch 1.8, of a half spectrum (..., 2)."""
    if not onesided:
        raise NotImplementedError("only half spectra are known here")
    axes = tuple(range(-signal_ndim, 0))
    values = torch.view_as_complex(x.contiguous())
    return torch.fft.irfftn(values, s=signal_sizes or None, dim=axes, norm="ortho" if normalized else None)
