import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.logistic import fit_logistic
from training.evaluation.pairs import best_threshold, pair_accuracy

pairs = st.lists(st.tuples(st.integers(-5, 5).map(float), st.booleans()), min_size=1, max_size=30)


def test_accuracy_counts_what_is_judged_rightly():
    """A match is where the score is at least the threshold."""
    scores, matches = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])

    assert 0.75 == pair_accuracy(scores, matches, 0.5)
    assert 0.75 == pair_accuracy(scores, matches, 0.6)
    assert 0.5 == pair_accuracy(scores, matches, 0.0)


def test_the_threshold_lies_in_the_middle_of_the_gap():
    """As far as can be from both kinds."""
    assert 0.5 == best_threshold(np.array([0.8, 0.2, 0.9]), np.array([True, False, True]))


@given(pairs)
def test_no_threshold_is_better(found):
    """Against every score, and beyond both ends."""
    scores, matches = (np.array(each) for each in zip(*found, strict=True))
    best = pair_accuracy(scores, matches, best_threshold(scores, matches))

    assert all(best >= pair_accuracy(scores, matches, each) for each in (*scores, *(scores + 0.5), -9, 9))


def test_a_regression_finds_the_probabilities_that_made_the_data():
    """Slope 2 and offset -1, from many draws."""
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(40_000, 1))
    likely = 1 / (1 + np.exp(1 - 2 * scores[:, 0]))
    fitted = fit_logistic(scores, rng.random(40_000) < likely)

    assert pytest.approx(likely, abs=0.03) == fitted.probabilities(scores)


def test_a_regression_on_what_can_be_told_apart_stays_finite():
    """The ridge bounds the weights."""
    scores = np.concatenate([np.full((20, 2), -1.0), np.full((20, 2), 1.0)])
    fitted = fit_logistic(scores, scores[:, 0] > 0)

    assert np.isfinite(fitted.weights).all()
    assert ((fitted.probabilities(scores) > 0.5) == (scores[:, 0] > 0)).all()
