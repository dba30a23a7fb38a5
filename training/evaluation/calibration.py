"""Whether confidence can be believed: expected calibration error and its noise, reliability bins, a fitted temperature."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BINS = 15
RESAMPLES = 1000
_LOG_TEMPERATURES = (-8.0, 6.0)
_STEPS = 80


@dataclass(frozen=True)
class Bin:
    """One bar of a reliability diagram: how sure, how often right, how many."""

    confidence: float
    accuracy: float
    count: int


def reliability(confidences: Array, right: Array, bins: int = BINS) -> list[Bin]:
    """Return the bins of equal width that hold anything; confidences [N] in 0..1, right [N] 0 or 1."""
    places = np.clip(np.ceil(confidences * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(places, minlength=bins)
    sure = np.bincount(places, confidences, minlength=bins)
    correct = np.bincount(places, right, minlength=bins)
    return [
        Bin(float(sure[at] / counts[at]), float(correct[at] / counts[at]), int(counts[at]))
        for at in np.flatnonzero(counts)
    ]


def expected_calibration_error(confidences: Array, right: Array, bins: int = BINS) -> float:
    """Return Σ_b n_b/N · |accuracy_b - confidence_b| over bins (l, u] of equal width (Guo et al. 2017, eq. 3)."""
    found = reliability(confidences, right, bins)
    return sum(each.count * abs(each.accuracy - each.confidence) for each in found) / max(1, len(right))


def error_interval(
    confidences: Array, right: Array, query: NDArray[np.int64], seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the expected calibration error over resampled queries.

    Args:
        confidences: [N], 0 to 1.
        right: [N], 0 or 1.
        query: [N], equal for what belongs together.
        seed: of the draws.
        resamples: how many there are.

    The error is a sum of absolute values: resampling adds to it, and so the interval lies somewhat high.
    """
    rng = np.random.default_rng(seed)
    _, first = np.unique(query, return_inverse=True)
    members = np.split(np.argsort(first, kind="stable"), np.cumsum(np.bincount(first))[:-1])
    errors = []
    for _ in range(resamples):
        drawn = np.concatenate([members[at] for at in rng.integers(0, len(members), len(members))])
        errors.append(expected_calibration_error(confidences[drawn], right[drawn]))
    low, high = np.percentile(errors, [2.5, 97.5])
    return float(low), float(high)


def error_of_perfect(confidences: Array, seed: int = 0, resamples: int = RESAMPLES) -> tuple[float, float]:
    """Return the error that *confidences* [N] have by chance where each is exactly right: its mean, and its 95th percentile.

    Truths are drawn from them (consistency resampling: Bröcker and Smith 2007). An error within that is no evidence
    against them; the fewer there are, the larger it is.
    """
    rng = np.random.default_rng(seed)
    errors = [
        expected_calibration_error(confidences, (rng.random(len(confidences)) < confidences).astype(float))
        for _ in range(resamples)
    ]
    return float(np.mean(errors)), float(np.percentile(errors, 95))


def softmax(scores: Array, temperature: float) -> Array:
    """Return probabilities [N, K] of scores [N, K]; a score of -inf has none."""
    scaled = scores / temperature
    raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def fit_temperature(scores: Array, right: NDArray[np.bool_]) -> float:
    """Return the temperature under which the right ones are likeliest; fit it on dev (Guo et al. 2017, 4.2).

    Minimises -Σ log Σ_k softmax(scores / T)_k · right_k by golden section over log T; rows without any right one say
    nothing and are left out.

    Args:
        scores: [N, K], larger is better, -inf where there is nothing.
        right: bool [N, K].

    Returns:
        T; 1 where no row says anything.
    """
    told = right.any(axis=1)
    if not told.any():
        return 1.0
    scores, right = scores[told], right[told]

    def loss(log_temperature: float) -> float:
        likely = (softmax(scores, float(np.exp(log_temperature))) * right).sum(axis=1)
        return float(-np.log(np.maximum(likely, 1e-300)).mean())

    return float(np.exp(_golden_section(loss, *_LOG_TEMPERATURES)))


def _golden_section(loss: Callable[[float], float], low: float, high: float) -> float:
    """Return where *loss* is least (Kiefer 1953)."""
    ratio = (np.sqrt(5) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(_STEPS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = loss(right)
    return (low + high) / 2
