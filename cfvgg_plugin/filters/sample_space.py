"""ECO's generative sample-space model: a bounded set of weighted samples (ECO, section 3.2).

Every new sample either fills a free place, replaces one whose weight has faded, or is merged: with the sample nearest
to it, or, if two stored ones are nearer to each other, these two are merged and the new one takes the freed place.
Distances come from a Gram matrix that is updated, never recomputed.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cfvgg_plugin.filters.conjugate_gradient import Vector

Real = NDArray[np.float32]


@dataclass
class SampleSpace:
    """Memory of S samples. The samples' values change in place; copies of it are not independent."""

    real: Real
    """(P, S) real parts of the packed samples."""
    imag: Real
    """(P, S) imaginary parts."""
    gram: NDArray[np.float64]
    """(S, S) inner products; infinite where there is no sample."""
    prior: NDArray[np.float64]
    """(S,) weights; they sum to one."""
    count: int
    """Samples stored."""
    start: NDArray[np.int32]
    """As in `packing.Packing`."""

    @property
    def weights(self) -> Real:
        """(count,) weights of the stored samples."""
        return self.prior[: self.count].astype(np.float32)

    def add(self, sample: Vector, rate: float) -> None:
        """Take a packed sample (P,) into the memory with weight `rate`."""
        _add_sample(self, sample, rate)

    def conjugate_mean(self) -> Vector:
        """(P,) sum_j w_j conj(x_j)."""
        out = np.empty(len(self.real), np.complex64)
        _conjugate_mean(self.real, self.imag, self.weights, self.count, out)
        return out

    def normal_product(self, h: Vector) -> Vector:
        """(P,) sum_j w_j conj(x_j) (x_j . h) at every frequency."""
        out = np.empty_like(h)
        _normal_product(self.real, self.imag, self.weights, self.count, h, self.start, out)
        return out


def make_sample_space(start: NDArray[np.int32], capacity: int) -> SampleSpace:
    """Empty memory for packed samples; `start` as in `packing.Packing`."""
    shape = (int(start[-1]), capacity)
    gram = np.full((capacity, capacity), np.inf)
    return SampleSpace(np.zeros(shape, np.float32), np.zeros(shape, np.float32), gram, np.zeros(capacity), 0, start)


@njit(cache=True, nogil=True, fastmath=True)
def _products(real, imag, count, sample):  # type: ignore[no-untyped-def]
    """(count,) inner products of a sample with the stored ones, and its own squared norm, both as ECO counts them.

    Every value of the half spectrum counts twice, also the column of zero frequency, which occurs once.
    """
    total = np.zeros(count, np.float32)
    norm = np.float32(0)
    for p in range(sample.size):
        a, b = np.float32(2) * sample[p].real, np.float32(2) * sample[p].imag
        norm += a * sample[p].real + b * sample[p].imag
        for j in range(count):
            total[j] += real[p, j] * a + imag[p, j] * b
    return total, norm


@njit(cache=True, nogil=True, fastmath=True)
def _store(real, imag, index, sample, old_share, new_share):  # type: ignore[no-untyped-def]
    """Stored sample `index` becomes old_share times itself plus new_share times the given one."""
    for p in range(sample.size):
        real[p, index] = old_share * real[p, index] + new_share * sample[p].real
        imag[p, index] = old_share * imag[p, index] + new_share * sample[p].imag


@njit(cache=True, nogil=True, fastmath=True)
def _merge_stored(real, imag, kept, freed, sample, share):  # type: ignore[no-untyped-def]
    """Merge stored sample `freed` into `kept` with weight `share`, and put the given one in its place."""
    for p in range(sample.size):
        real[p, kept] += share * (real[p, freed] - real[p, kept])
        imag[p, kept] += share * (imag[p, freed] - imag[p, kept])
        real[p, freed] = sample[p].real
        imag[p, freed] = sample[p].imag


@njit(cache=True, nogil=True, fastmath=True)
def _normal_product(real, imag, weights, count, h, start, out):  # type: ignore[no-untyped-def]
    """Out = sum_j w_j conj(x_j) (x_j . h) at every frequency, for samples (P, S) given as real and imaginary parts."""
    score_real = np.empty(count, np.float32)
    score_imag = np.empty(count, np.float32)
    for f in range(start.size - 1):
        score_real[:] = np.float32(0)
        score_imag[:] = np.float32(0)
        for p in range(start[f], start[f + 1]):
            a, b = h[p].real, h[p].imag
            for j in range(count):
                score_real[j] += real[p, j] * a - imag[p, j] * b
                score_imag[j] += real[p, j] * b + imag[p, j] * a
        for j in range(count):
            score_real[j] *= weights[j]
            score_imag[j] *= weights[j]
        for p in range(start[f], start[f + 1]):
            a, b = np.float32(0), np.float32(0)
            for j in range(count):
                a += real[p, j] * score_real[j] + imag[p, j] * score_imag[j]
                b += real[p, j] * score_imag[j] - imag[p, j] * score_real[j]
            out[p] = np.complex64(complex(a, b))


@njit(cache=True, nogil=True, fastmath=True)
def _conjugate_mean(real, imag, weights, count, out):  # type: ignore[no-untyped-def]
    """Out = sum_j w_j conj(x_j)."""
    for p in range(out.size):
        a, b = np.float32(0), np.float32(0)
        for j in range(count):
            a += weights[j] * real[p, j]
            b -= weights[j] * imag[p, j]
        out[p] = np.complex64(complex(a, b))


def _add_sample(space: SampleSpace, sample: Vector, learning_rate: float) -> None:
    products, norm = _products(space.real, space.imag, space.count, sample)
    products = products.astype(np.float64)
    if space.count < len(space.prior):
        place = space.count
        space.count += 1
        space.prior *= 1 - learning_rate
        space.prior[place] = learning_rate if place else 1.0
        _insert(space, place, sample, products, float(norm))
        return
    faded = int(space.prior.argmin())
    if space.prior[faded] < learning_rate * (1 - learning_rate) ** (2 * space.count):
        space.prior[faded] = 0
        space.prior *= (1 - learning_rate) / space.prior.sum()
        space.prior[faded] = learning_rate
        _insert(space, faded, sample, products, float(norm))
        return
    _merge(space, sample, products, float(norm), learning_rate)


def _insert(space: SampleSpace, place: int, sample: Vector, products: NDArray[np.float64], norm: float) -> None:
    """Put a sample into a free or freed place."""
    _store(space.real, space.imag, place, sample, np.float32(0), np.float32(1))
    _set_gram(space, place, products, norm)


def _set_gram(space: SampleSpace, place: int, products: NDArray[np.float64], norm: float) -> None:
    space.gram[place, : len(products)] = products
    space.gram[: len(products), place] = products
    space.gram[place, place] = norm


def _merge(
    space: SampleSpace, sample: Vector, products: NDArray[np.float64], norm: float, learning_rate: float
) -> None:
    """Merge the new sample with its nearest, or the two nearest stored ones with each other."""
    diagonal = np.diag(space.gram)
    to_new = np.maximum(diagonal + norm - 2 * products, 0)
    between = np.maximum(diagonal[:, None] + diagonal[None, :] - 2 * space.gram, 0)
    np.fill_diagonal(between, np.inf)
    nearest = int(to_new.argmin())
    first, second = (int(i) for i in np.unravel_index(int(between.argmin()), between.shape))
    space.prior *= 1 - learning_rate
    if to_new[nearest] < between[first, second]:
        weight = space.prior[nearest]
        share = learning_rate / (weight + learning_rate)
        own = (1 - share) ** 2 * diagonal[nearest] + share**2 * norm + 2 * share * (1 - share) * products[nearest]
        _set_gram(space, nearest, (1 - share) * space.gram[nearest] + share * products, own)
        _store(space.real, space.imag, nearest, sample, np.float32(1 - share), np.float32(share))
        space.prior[nearest] = weight + learning_rate
        return
    if space.prior[second] > space.prior[first]:
        first, second = second, first
    total = space.prior[first] + space.prior[second]
    share = space.prior[second] / total
    merged = (1 - share) * space.gram[first] + share * space.gram[second]
    own = (1 - share) * merged[first] + share * merged[second]
    with_new = (1 - share) * products[first] + share * products[second]
    _set_gram(space, first, merged, own)
    _merge_stored(space.real, space.imag, first, second, sample, np.float32(share))
    products[first] = with_new
    _set_gram(space, second, products, norm)
    space.prior[first], space.prior[second] = total, learning_rate
