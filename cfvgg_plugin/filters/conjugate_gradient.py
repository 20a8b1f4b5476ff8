"""Preconditioned conjugate gradients that remember their direction from one call to the next (ECO, section 3.3)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Vector = NDArray[np.complex64]


@dataclass(frozen=True)
class Momentum:
    """What a call leaves to the next one."""

    direction: Vector
    residual: Vector
    rho: float


@njit(cache=True, nogil=True, fastmath=True)
def _inner(a, b, weights):  # type: ignore[no-untyped-def]
    """Real inner product of two packed half spectra."""
    total = np.float32(0)
    for i in range(a.size):
        total += (a[i].real * b[i].real + a[i].imag * b[i].imag) * weights[i]
    return total


@njit(cache=True, nogil=True, fastmath=True)
def _precondition(residual, previous, diagonal, weights, out):  # type: ignore[no-untyped-def]
    """Out = residual / diagonal; its inner products with the residual and with the previous one."""
    now = before = np.float32(0)
    for i in range(out.size):
        value = residual[i] / diagonal[i]
        out[i] = value
        now += (residual[i].real * value.real + residual[i].imag * value.imag) * weights[i]
        before += (previous[i].real * value.real + previous[i].imag * value.imag) * weights[i]
    return now, before


@njit(cache=True, nogil=True, fastmath=True)
def _turn(direction, beta, preconditioned):  # type: ignore[no-untyped-def]
    """Direction = beta * direction + preconditioned."""
    for i in range(direction.size):
        direction[i] = beta * direction[i] + preconditioned[i]


@njit(cache=True, nogil=True, fastmath=True)
def _go(x, residual, previous, alpha, direction, image):  # type: ignore[no-untyped-def]
    """A step of alpha along a direction, whose image the residual loses; the residual before it is kept."""
    for i in range(x.size):
        previous[i] = residual[i]
        x[i] += alpha * direction[i]
        residual[i] -= alpha * image[i]


def solve(
    apply: Callable[[Vector], Vector],
    right: Vector,
    start: Vector,
    diagonal: NDArray[np.float32],
    weights: NDArray[np.float32],
    iterations: int,
    momentum: Momentum | None = None,
    forgetting: float = 1.0,
) -> tuple[Vector, Momentum]:
    """Approximate solution of A x = b for a symmetric positive A.

    apply: x to A x. right, start: b and the first x, (P,) complex64. diagonal: (P,) preconditioner. weights: (P,) of
    the inner product. momentum: state of the last call, whose influence shrinks with `forgetting` (its rho is
    divided by it). Uses the Polak-Ribiere formula, because b and A change between calls.
    Returns x and the new state.
    """
    x = start.copy()
    residual = right - apply(x)
    direction = momentum.direction.copy() if momentum else np.zeros_like(x)
    previous = momentum.residual.copy() if momentum else np.zeros_like(x)
    preconditioned = np.empty_like(x)
    rho = np.float32(momentum.rho / forgetting) if momentum else np.float32(1)
    for iteration in range(iterations):
        old_rho = rho
        rho, turned = _precondition(residual, previous, diagonal, weights, preconditioned)
        if rho == 0 or not np.isfinite(rho):
            break
        beta = np.float32(0)
        if iteration or momentum:
            beta = max(np.float32(rho - turned) / old_rho, np.float32(0))
            if not np.isfinite(beta):
                break
        _turn(direction, beta, preconditioned)
        image = apply(direction)
        curvature = _inner(direction, image, weights)
        if curvature <= 0 or not np.isfinite(curvature):
            break
        _go(x, residual, previous, np.float32(rho / curvature), direction, image)
    return x, Momentum(direction, previous, float(rho))
