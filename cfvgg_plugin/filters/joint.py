"""ECO's first frame: filter and projection matrices learned together (ECO, section 3.1, equations 5-7).

The score sum_d (P_d^T x) h_d is bilinear in the projection P and the filter h. Each Gauss-Newton step linearises it
and solves for the filter and an increment of P at once, by conjugate gradients on one flat vector: the packed filter,
then the increments of all blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.filters.conjugate_gradient import Vector, solve
from cfvgg_plugin.filters.eco import Real, Regulariser, apply_regulariser, preconditioner
from cfvgg_plugin.filters.packing import Packing


@dataclass(frozen=True)
class JointSettings:
    """How the first frame is solved; ECO's names in brackets."""

    gauss_newton: int = 10
    """Gauss-Newton steps (init_GN_iter)."""
    conjugate_gradient: int = 20
    """Conjugate-gradient steps in each (init_CG_iter / init_GN_iter)."""
    projection_regularisation: float = 5e-8
    """Weight of ||P||^2 (projection_reg)."""
    data_share: float = 0.3
    """(precond_data_param)."""
    regularisation_share: float = 0.015
    """(precond_reg_param)."""
    projection_scale: float = 35.0
    """(precond_proj_param)."""


def principal_components(maps: Tensor, count: int) -> Tensor:
    """(C, count) directions of largest variance over the cells of a sample's maps (C, h, w); signs are arbitrary."""
    values = maps.reshape(maps.shape[0], -1).double()
    values = values - values.mean(1, keepdim=True)
    _, vectors = torch.linalg.eigh(values @ values.T)
    return vectors.flip(1)[:, :count].float().contiguous()


def project(series: Tensor, projection: Tensor) -> Tensor:
    """Maps or series (..., C, h, w) to (..., D, h, w) by a projection (C, D)."""
    flat = series.reshape(*series.shape[:-2], -1)
    return (projection.T.to(series.dtype) @ flat).reshape(*series.shape[:-3], -1, *series.shape[-2:])


def train_jointly(
    series: Sequence[Tensor],
    projections: Sequence[Tensor],
    label: Real,
    packing: Packing,
    regulariser: Regulariser,
    settings: JointSettings,
) -> tuple[Vector, list[Tensor]]:
    """Filter (P,) and projections after the Gauss-Newton steps, starting from a zero filter.

    series: unprojected sample (C, K, L) of every block. projections: (C, D) real. label: (P,) packed.
    """
    h = np.zeros(packing.length, np.complex64)
    current = [p.clone() for p in projections]
    projected = packing.pack([project(x, p) for x, p in zip(series, current, strict=True)])
    energy = (projected.real**2 + projected.imag**2).astype(np.float32)
    shares = (settings.data_share, settings.regularisation_share)
    diagonal = np.concatenate(
        [preconditioner(energy, packing, regulariser, *shares), _projection_diagonal(label, packing, current, settings)]
    )
    weights = np.concatenate([packing.weights, np.ones(len(diagonal) - packing.length, np.float32)])
    for _ in range(settings.gauss_newton):
        step = _Linearisation(series, current, projected, h, packing, regulariser, settings.projection_regularisation)
        start = np.concatenate([h, np.zeros(len(diagonal) - packing.length, np.complex64)])
        solution, _ = solve(step.apply, step.right(label), start, diagonal, weights, settings.conjugate_gradient)
        h = _symmetric(solution[: packing.length], packing)
        current = [p + increment for p, increment in zip(current, step.increments(solution), strict=True)]
        projected = packing.pack([project(x, p) for x, p in zip(series, current, strict=True)])
    return h, current


def _projection_diagonal(
    label: Real, packing: Packing, projections: Sequence[Tensor], settings: JointSettings
) -> NDArray[np.float32]:
    """Preconditioner of the increments, one number a block: the label's energy over the number of all raw channels."""
    total = sum(p.shape[0] for p in projections)
    labels = packing.unpack(label.astype(np.complex64))
    energies = [2 * float(block[0].abs().square().sum()) / total for block in labels]
    values = [settings.projection_scale * (energy + settings.projection_regularisation) for energy in energies]
    return np.repeat(values, [p.numel() for p in projections]).astype(np.float32)


class _Linearisation:
    """Normal equations of one Gauss-Newton step around (P, h)."""

    def __init__(
        self,
        series: Sequence[Tensor],
        projections: Sequence[Tensor],
        projected: Vector,
        h: Vector,
        packing: Packing,
        regulariser: Regulariser,
        projection_regularisation: float,
    ) -> None:
        self._flat = [x.reshape(x.shape[0], -1) for x in series]
        self._adjoint = [x.conj().resolve_conj() for x in self._flat]
        self._projections = projections
        self._projected, self._h, self._packing, self._regulariser = projected, h, packing, regulariser
        self._penalty = projection_regularisation
        self._counts = np.diff(packing.start)

    def right(self, label: Real) -> Vector:
        """Right-hand side: gradient at a zero filter and a zero increment."""
        penalty = np.concatenate([p.numpy().ravel() for p in self._projections]) * self._penalty
        return np.concatenate([self._projected.conj() * label, self._pull_back(self._h.conj() * label) - penalty])

    def apply(self, x: Vector) -> Vector:
        """The normal matrix times (filter, increments)."""
        packing = self._packing
        h = x[: packing.length]
        increments = self.increments(x)
        moved = [d.T.to(torch.complex64) @ flat for d, flat in zip(increments, self._flat, strict=True)]
        products = self._projected * h + packing.pack(moved) * self._h
        score = np.repeat(np.add.reduceat(products, packing.start[:-1]), self._counts)
        of_filter = self._projected.conj() * score
        apply_regulariser(h, packing, self._regulariser, of_filter)
        penalty = x[packing.length :] * np.float32(self._penalty)
        return np.concatenate([of_filter, self._pull_back(self._h.conj() * score) + penalty])

    def increments(self, x: Vector) -> list[Tensor]:
        """Increments (C, D) of the projections in a flat vector."""
        flat = torch.from_numpy(np.ascontiguousarray(x[self._packing.length :].real))
        parts = torch.split(flat, [p.numel() for p in self._projections])
        return [part.reshape(p.shape) for part, p in zip(parts, self._projections, strict=True)]

    def _pull_back(self, packed: Vector) -> Vector:
        """Gradient with respect to the projections of a packed gradient of the projected sample.

        As in ECO, the column of zero horizontal frequency is left out.
        """
        blocks = self._packing.unpack(np.where(self._packing.weights == 1, np.complex64(0), 2 * packed))
        gradients = [(x @ b.reshape(len(b), -1).T).real for x, b in zip(self._adjoint, blocks, strict=True)]
        return torch.cat([g.reshape(-1) for g in gradients]).numpy().astype(np.complex64)


def _symmetric(h: Vector, packing: Packing) -> Vector:
    """The filter with its column of zero horizontal frequency made exactly conjugate symmetric."""
    blocks = packing.unpack(h)
    for block in blocks:
        block[:, :, 0] = (block[:, :, 0] + block[:, :, 0].flip(1).conj()) / 2
    return packing.pack(blocks)
