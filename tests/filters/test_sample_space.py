import numpy as np
import pytest

from cfvgg_plugin.filters.sample_space import make_sample_space

RATE = 0.1
START = np.array([0, 3, 8], np.int32)


def vector(rng: np.random.Generator, length: int = 8) -> np.ndarray:
    return (rng.normal(size=length) + 1j * rng.normal(size=length)).astype(np.complex64)


def stored(space, index):
    return space.real[:, index] + 1j * space.imag[:, index]


def check_gram(space):
    """The Gram matrix equals that of the samples in the memory."""
    samples = np.stack([stored(space, j) for j in range(space.count)])
    expected = 2 * (samples.conj() @ samples.T).real
    np.testing.assert_allclose(space.gram[: space.count, : space.count], expected, rtol=1e-4, atol=1e-4)


def test_memory_fills_with_exponential_weights():
    rng = np.random.default_rng(0)
    space = make_sample_space(START, 4)
    given = [vector(rng) for _ in range(4)]
    for sample in given:
        space.add(sample, RATE)
    np.testing.assert_allclose(space.prior, [0.9**3, 0.1 * 0.9**2, 0.1 * 0.9, 0.1])
    for j, sample in enumerate(given):
        np.testing.assert_array_equal(stored(space, j), sample)
    check_gram(space)


def test_weighted_mean_is_kept_by_every_merge():
    """Merging changes which samples are stored, never the weighted mean of all that were seen."""
    rng = np.random.default_rng(1)
    space = make_sample_space(START, 5)
    mean = None
    for _ in range(12):
        sample = vector(rng)
        mean = sample if mean is None else (1 - RATE) * mean + RATE * sample
        space.add(sample, RATE)
        found = sum(space.prior[j] * stored(space, j) for j in range(space.count))
        np.testing.assert_allclose(found, mean, atol=1e-5)
        assert space.prior.sum() == pytest.approx(1)
        check_gram(space)


def test_a_new_sample_merges_with_its_twin():
    rng = np.random.default_rng(2)
    space = make_sample_space(START, 3)
    given = [10 * vector(rng) for _ in range(3)]
    for sample in given:
        space.add(sample, RATE)
    space.add(given[1] + np.complex64(0.01), RATE)
    assert np.abs(stored(space, 1) - given[1]).max() < 0.02
    np.testing.assert_array_equal(stored(space, 2), given[2])
    assert space.prior[1] > space.prior[2]


def test_two_stored_twins_make_room():
    rng = np.random.default_rng(3)
    space = make_sample_space(START, 3)
    first = 10 * vector(rng)
    for sample in (first, first + np.complex64(0.01), 10 * vector(rng)):
        space.add(sample, RATE)
    new = 10 * vector(rng)
    space.add(new, RATE)
    places = [j for j in range(3) if np.array_equal(stored(space, j), new)]
    assert places == [1]
    assert np.abs(stored(space, 0) - first).max() < 0.02
    check_gram(space)


def test_a_faded_sample_is_replaced():
    rng = np.random.default_rng(4)
    space = make_sample_space(START, 2)
    for _ in range(2):
        space.add(vector(rng), 0.5)
    space.prior[:] = [1 - 1e-6, 1e-6]
    new = vector(rng)
    space.add(new, 0.5)
    np.testing.assert_array_equal(stored(space, 1), new)
    np.testing.assert_allclose(space.prior, [0.5, 0.5])
    check_gram(space)
