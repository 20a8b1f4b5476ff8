import os
import subprocess
import sys

import numpy as np

from cfvgg_plugin.filters.moments import make_moments
from cfvgg_plugin.filters.sample_space import make_sample_space

START = np.array([0, 3, 5, 8], np.int32)  # two frequencies of three channels, one of two


def vector(rng: np.random.Generator) -> np.ndarray:
    return (rng.normal(size=8) + 1j * rng.normal(size=8)).astype(np.complex64)


def test_moments_are_those_of_all_samples_with_fading_weights():
    rng = np.random.default_rng(0)
    moments, samples, weights = make_moments(START), [], np.zeros(0)
    h = vector(rng)
    for number, rate in enumerate((0.3, 0.1, 0.1, 0.4, 0.05, 0.05)):
        samples.append(vector(rng))
        weights = np.append(weights * (1 - rate), rate if number else 1.0)
        moments.add(samples[-1], rate)
        if number % 2:  # also from several samples at once
            continue
        x = np.stack(samples)
        score = np.add.reduceat(x * h, START[:-1], axis=1)
        expected = (weights[:, None] * x.conj() * np.repeat(score, np.diff(START), axis=1)).sum(0)
        np.testing.assert_allclose(moments.normal_product(h), expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(moments.conjugate_mean(), weights @ x.conj(), rtol=1e-4, atol=1e-5)


def test_the_mixture_is_the_same_until_it_merges():
    rng = np.random.default_rng(1)
    moments, space, h = make_moments(START), make_sample_space(START, 4), vector(rng)
    for _ in range(4):
        sample = vector(rng)
        moments.add(sample, 0.1)
        space.add(sample, 0.1)
    np.testing.assert_allclose(moments.normal_product(h), space.normal_product(h), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(moments.conjugate_mean(), space.conjugate_mean(), rtol=1e-4, atol=1e-5)


def test_one_sample_without_a_second_is_all_there_is():
    rng = np.random.default_rng(2)
    moments, sample = make_moments(START), vector(rng)
    moments.add(sample, 0.01)
    np.testing.assert_allclose(moments.conjugate_mean(), sample.conj(), rtol=1e-6)


PROGRAM = """
import hashlib
import numpy as np
from cfvgg_plugin.filters.moments import make_moments
rng, size = np.random.default_rng(2), 40 * 19
draw = lambda: (rng.normal(size=size) + 1j * rng.normal(size=size)).astype(np.complex64)
moments = make_moments(np.arange(0, size + 1, 19, dtype=np.int32))
for rate in (0.3, 0.1, 0.1, 0.4):
    moments.add(draw(), rate)
print(hashlib.sha256(moments.normal_product(draw()).tobytes()).hexdigest())
"""


def test_what_is_compiled_and_what_is_loaded_again_give_the_same_bits(tmp_path):
    found = []
    for _ in range(2):
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment
        )
        found.append(done.stdout)
    assert found[0] == found[1] != ""
