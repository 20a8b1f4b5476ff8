"""What the student's maps have of the teacher's: the fidelity loss of the paper (equation 5), and another."""

import torch
from torch import Tensor


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
