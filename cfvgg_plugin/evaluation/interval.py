"""How far a mean over sequences may be from that over all videos of the kind."""

import numpy as np
from numpy.typing import ArrayLike

from cfvgg_plugin.errors import InputError

DRAWS = 10_000
POWER = 1.96 + 0.84
"""Standard errors of a difference that is seen in four of five such samples, at a level of 5 per cent (Cohen 1988)."""


def mean_interval(values: ArrayLike, draws: int = DRAWS, seed: int = 0) -> tuple[float, float] | None:
    """95 per cent interval of the mean of values (N,): percentile bootstrap (Efron and Tibshirani 1993, chapter 13).

    None for fewer than two values. Raises InputError where the draws do not fit into memory.
    """
    from scipy.stats import bootstrap  # noqa: PLC0415 (takes a second to import)

    sample = np.asarray(values, np.float64)
    if sample.size < 2:
        return None
    if np.ptp(sample) == 0:
        return float(sample[0]), float(sample[0])
    batch = max(1, 10_000_000 // sample.size)
    try:
        found = bootstrap(
            (sample,), np.mean, n_resamples=draws, batch=batch, method="percentile", vectorized=True,
            rng=np.random.default_rng(seed),
        ).confidence_interval  # fmt: skip
    except MemoryError:
        raise InputError(
            f"{draws:,} draws of the bootstrap: more than there is memory for; 10,000 are plenty"
        ) from None
    return float(found.low), float(found.high)


def standard_error(values: ArrayLike) -> float | None:
    """Of the mean of values (N,); None for fewer than two."""
    sample = np.asarray(values, np.float64)
    return float(sample.std(ddof=1) / np.sqrt(sample.size)) if sample.size > 1 else None


def smallest_difference(differences: ArrayLike) -> float | None:
    """Mean difference that sequences with differences like these (N,) show in four of five cases; None for one."""
    error = standard_error(differences)
    return None if error is None else POWER * error
