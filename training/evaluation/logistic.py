"""Logistic regression on a few scores: turns similarities into the probability of a match (Platt 1999)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEPS_MAX = 100
RIDGE = 1e-3
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Logistic:
    """Weights [F] over standardised scores, and what standardises them."""

    weights: Array
    bias: float
    mean: Array
    scale: Array

    def probabilities(self, scores: Array) -> Array:
        """Return the probability of a match of scores [N, F]."""
        return _sigmoid(((scores - self.mean) / self.scale) @ self.weights + self.bias)


def fit_logistic(scores: Array, matches: NDArray[np.bool_], ridge: float = RIDGE) -> Logistic:
    """Return the regression that makes *matches* [N] likeliest given scores [N, F]; Newton's method, a little ridge.

    The ridge keeps the weights finite where a threshold tells all apart.
    """
    mean, scale = scores.mean(axis=0), scores.std(axis=0) + 1e-12
    design = np.column_stack([(scores - mean) / scale, np.ones(len(scores))])
    penalty = np.diag([ridge * len(scores)] * scores.shape[1] + [0.0])
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS_MAX):
        likely = _sigmoid(design @ weights)
        slope = design.T @ (likely - matches) + penalty @ weights
        curvature = (design * (likely * (1 - likely))[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature + 1e-12 * np.eye(len(weights)), slope)
        weights = weights - step
        if np.abs(step).max() < _TOLERANCE:
            break
    return Logistic(weights[:-1], float(weights[-1]), mean, scale)


def _sigmoid(values: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0, -values)))
