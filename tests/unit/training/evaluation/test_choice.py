"""Conditional logit: the weights that make choices likeliest."""

import numpy as np
import pytest

from training.evaluation.logistic import fit_choice


def log_likelihood(features, chosen, weights):
    """The sum over rows of log softmax(features · weights) of what is chosen."""
    logits = features @ weights
    return (logits[chosen] - np.logaddexp.reduce(logits, axis=1)).sum()


@pytest.mark.parametrize("seed", [0, 181, 308, 393])
def test_no_other_weights_are_likelier(seed):
    """A few near candidates and many far ones, where whole Newton steps lead away for good (the last three)."""
    rng, rows, places = np.random.default_rng(seed), 40, 12
    cosines = np.sort(1 - 3 * rng.exponential(0.02, (rows, places)) ** 1.5, axis=1)[:, ::-1]
    cosines[:, 4:] -= 0.2
    features = np.stack([cosines, np.broadcast_to(-np.log1p(np.arange(places)), cosines.shape)], axis=2)
    chosen = np.zeros((rows, places), bool)
    chosen[np.arange(rows), np.minimum(rng.geometric(0.55, rows) - 1, 3)] = True

    weights = fit_choice(features, np.ones_like(chosen), chosen, ridge=1e-9)

    best = log_likelihood(features, chosen, weights)
    for change in ((1.01, 1), (0.99, 1), (1, 1.01), (1, 0.99)):
        assert log_likelihood(features, chosen, weights * change) < best


def test_places_that_are_not_there_do_not_count():
    """A list of two beside one of three: what stands behind its end changes nothing."""
    features = np.array([[[0.9], [0.5], [7.0]], [[0.8], [0.6], [0.1]], [[0.7], [0.3], [-7.0]]])
    there = np.array([[True, True, False], [True, True, True], [True, True, False]])
    chosen = np.array([[True, False, False], [False, True, False], [True, False, False]])
    other = np.where(there[..., None], features, 0.0)

    assert fit_choice(features, there, chosen).tolist() == fit_choice(other, there, chosen).tolist()
