"""Logistic regression on a few scores: turns similarities into the probability of a match (Platt 1999), or of a choice."""

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


def fit_choice(
    features: Array, there: NDArray[np.bool_], chosen: NDArray[np.bool_], ridge: float = RIDGE
) -> Array:
    """Return the weights [F] that make what is chosen likeliest: conditional logit (McFadden 1974), Newton's method.

    Of each row one place is chosen, with the probability softmax(features · weights).

    Args:
        features: [N, K, F].
        there: bool [N, K], which places there are.
        chosen: bool [N, K], one in each row.
        ridge: keeps the weights finite where the features tell all.
    """
    scale = features[there].std(axis=0) + 1e-12
    design = np.where(there[..., None], features / scale, 0.0)
    penalty = ridge * len(design) * np.eye(len(scale))

    def likely_under(weights: Array) -> Array:
        logits = np.where(there, design @ weights, -np.inf)
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    def loss(weights: Array) -> float:
        of_chosen = np.maximum(likely_under(weights)[chosen], 1e-300)
        return float(weights @ penalty @ weights / 2 - np.log(of_chosen).sum())

    weights = np.zeros(len(scale))
    for _ in range(STEPS_MAX):
        likely = likely_under(weights)
        expected = (likely[..., None] * design).sum(axis=1)
        centred = design - expected[:, None]
        slope = (expected - design[chosen]).sum(axis=0) + penalty @ weights
        curvature = np.einsum("nk,nkf,nkg->fg", likely, centred, centred) + penalty
        step = np.linalg.solve(curvature + 1e-12 * np.eye(len(weights)), slope)
        # Far from the best a whole step can lead farther away.
        while np.abs(step).max() > _TOLERANCE and loss(weights - step) > loss(weights):
            step = step / 2
        weights = weights - step
        if np.abs(step).max() < _TOLERANCE:
            break
    return np.asarray(weights / scale)


def _sigmoid(values: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0, -values)))
