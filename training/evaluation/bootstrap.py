"""Is A better than B? A paired bootstrap over the queries that both answered (Efron & Tibshirani 1993; Sakai 2006)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RESAMPLES = 10_000
CONFIDENCE = 0.95
_NUMBERS_AT_ONCE = 5_000_000


@dataclass(frozen=True)
class Difference:
    """How A differs from B in one metric.

    Args:
        a, b: the means.
        low, high: bounds of the interval of the mean of A - B.
        queries: how many were compared.
    """

    a: float
    b: float
    low: float
    high: float
    queries: int

    @property
    def verdict(self) -> str:
        """Which is better: "A", "B", or "not clear"."""
        if self.low > 0:
            return "A"
        return "B" if self.high < 0 else "not clear"


def paired_difference(
    a: Array, b: Array, seed: int = 0, resamples: int = RESAMPLES, confidence: float = CONFIDENCE
) -> Difference:
    """Return the percentile interval of the mean of a - b, both [Q], in the same order of queries."""
    if a.shape != b.shape or a.ndim != 1 or not a.size:
        raise ValueError(
            f"both need one number for each of the same queries; given are {a.shape} and {b.shape}"
        )
    means = _resampled_means(a - b, np.random.default_rng(seed), resamples)
    tail = 100 * (1 - confidence) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return Difference(float(a.mean()), float(b.mean()), float(low), float(high), a.size)


def mean_interval(
    values: Array, seed: int = 0, resamples: int = RESAMPLES, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Return the percentile interval of the mean of *values* [Q]."""
    means = _resampled_means(values, np.random.default_rng(seed), resamples)
    tail = 100 * (1 - confidence) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def _resampled_means(values: Array, rng: np.random.Generator, resamples: int) -> Array:
    """Return the means of *resamples* draws with replacement, some at a time so that memory stays bounded."""
    at_once = max(1, _NUMBERS_AT_ONCE // values.size)
    counts = [min(at_once, resamples - done) for done in range(0, resamples, at_once)]
    drawn = [values[rng.integers(0, values.size, (count, values.size))].mean(axis=1) for count in counts]
    return np.concatenate(drawn)
