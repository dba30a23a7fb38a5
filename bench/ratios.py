"""By how much one way is better than another: the ratio of two means over the same queries, with its interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
_TAIL_PERCENT = 2.5
_AT_ONCE = 500


@dataclass(frozen=True)
class Ratio:
    """mean(a) / mean(b) and the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


def ratio_interval(
    a: NDArray[np.float64], b: NDArray[np.float64], owners: Sequence[str], seed: int = 0
) -> Ratio:
    """Return the ratio of the means of a and b [Q], bootstrapped over owners (Davison & Hinkley 1997, section 3.8).

    Queries of one owner are not independent: whole owners are drawn, each with all its queries.

    Args:
        a: a number for each query.
        b: the same of the other way.
        owners: for each query, what it was made from.
        seed: of the resampling.
    """
    _, places = np.unique(owners, return_inverse=True)
    sums = np.stack([np.bincount(places, weights=values) for values in (a, b)])
    rng = np.random.default_rng(seed)
    count = sums.shape[1]
    ratios = []
    for _ in range(RESAMPLES // _AT_ONCE):
        drawn = sums[:, rng.integers(count, size=(_AT_ONCE, count))].sum(axis=2)
        ratios.append(drawn[0] / drawn[1])
    low, high = np.percentile(np.concatenate(ratios), [_TAIL_PERCENT, 100 - _TAIL_PERCENT])
    return Ratio(float(a.sum() / b.sum()), float(low), float(high))
