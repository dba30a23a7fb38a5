import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, ndcg_score

from training.evaluation import metrics

# Rank by hand: right at 2 and 4 of 5 found, a third right one is not found at all.
GAINS = np.array([[0.0, 1.0, 0.0, 1.0, 0.0]])
IDEAL = np.array([[1.0, 1.0, 1.0]])
NONE = np.zeros((1, 5))

rankings = arrays(
    np.float64, st.tuples(st.integers(1, 6), st.integers(1, 12)), elements=st.integers(0, 3).map(float)
)


def best_of(gains):
    return -np.sort(-gains, axis=1)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (0.0, metrics.success_at(GAINS, 1)),
        (1.0, metrics.success_at(GAINS, 2)),
        (1 / 3, metrics.recall_at(GAINS, IDEAL, 3)),
        (2 / 3, metrics.recall_at(GAINS, IDEAL, 5)),
        (1 / 3, metrics.precision_at(GAINS, 3)),
        (0.2, metrics.precision_at(GAINS, 10)),
        (1 / 2, metrics.reciprocal_rank(GAINS)),
        ((1 / 2 + 2 / 4) / 3, metrics.average_precision(GAINS, IDEAL)),
        (
            (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3) + 1 / 2),
            metrics.ndcg_at(GAINS, IDEAL, 10),
        ),
    ],
)
def test_metrics_are_those_worked_out_by_hand(expected, found):
    """Two of three right ones found, at ranks 2 and 4."""
    assert pytest.approx(expected) == found[0]


def test_grades_count_as_two_to_their_power():
    """Grades 2 and 1 in the wrong order: (1 + 3/log2(3)) / (3 + 1/log2(3))."""
    found = metrics.ndcg_at(np.array([[1.0, 2.0]]), np.array([[2.0, 1.0]]), 10)

    assert pytest.approx((1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3))) == found[0]


@pytest.mark.parametrize("ideal", [IDEAL, np.zeros((1, 3)), np.zeros((1, 0))])
def test_nothing_right_counts_nothing(ideal):
    """Also where nothing could be right; never a division by zero."""
    values = (
        metrics.success_at(NONE, 5),
        metrics.recall_at(NONE, ideal, 5),
        metrics.reciprocal_rank(NONE),
        metrics.average_precision(NONE, ideal),
        metrics.ndcg_at(NONE, ideal, 5),
    )
    assert [0.0] * 5 == [value[0] for value in values]


@pytest.mark.parametrize("queries", [1, 2, 5])
def test_nothing_right_is_nothing_exactly(queries):
    """However many ranks are added up: what rounding leaves would be a share of itself, a whole one."""
    values = {metrics.ndcg_at(np.zeros((queries, k)), np.zeros((queries, k)), k).max() for k in range(1, 40)}

    assert {0.0} == values


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_metrics_agree_with_scikit_learn():
    """On random rankings without ties; its NDCG takes the gains as they come."""
    rng = np.random.default_rng(3)
    grades, scores = rng.integers(0, 4, (50, 20)).astype(float), rng.random((50, 20))
    grades[:, 0] = 3
    order = np.argsort(-scores, axis=1)
    gains = np.take_along_axis(grades, order, axis=1)

    ndcg = metrics.ndcg_at(gains, best_of(grades), 7)
    precision = metrics.average_precision(gains, best_of(grades))

    for row in range(50):
        assert pytest.approx(ndcg_score([2 ** grades[row] - 1], [scores[row]], k=7)) == ndcg[row]
        assert pytest.approx(average_precision_score(grades[row] > 0, scores[row])) == precision[row]


@given(rankings)
def test_every_metric_lies_between_0_and_1(gains):
    """Whatever was found."""
    ideal = best_of(gains)
    for values in (
        metrics.success_at(gains, 3),
        metrics.recall_at(gains, ideal, 3),
        metrics.precision_at(gains, 3),
        metrics.reciprocal_rank(gains),
        metrics.average_precision(gains, ideal),
        metrics.ndcg_at(gains, ideal, 3),
    ):
        assert ((values >= 0) & (values <= 1 + 1e-12)).all()


@given(rankings)
def test_the_best_order_is_worth_most(gains):
    """nDCG and AP are 1 there, where anything is right, and nowhere larger."""
    ideal = best_of(gains)
    any_right = (gains > 0).any(axis=1)

    assert np.allclose(any_right, metrics.ndcg_at(ideal, ideal, 12))
    assert np.allclose(any_right, metrics.average_precision(ideal, ideal))


@given(rankings, st.integers(0, 11))
def test_a_right_product_that_comes_earlier_is_never_worse(gains, place):
    """Swapping it with what stands before it, where that is worth less."""
    swapped = gains.copy()
    at = min(place, gains.shape[1] - 1)
    if at and (gains[:, at] >= gains[:, at - 1]).all():
        swapped[:, [at - 1, at]] = swapped[:, [at, at - 1]]
    ideal = best_of(gains)

    assert (metrics.ndcg_at(swapped, ideal, 12) >= metrics.ndcg_at(gains, ideal, 12) - 1e-12).all()
    assert (metrics.reciprocal_rank(swapped) >= metrics.reciprocal_rank(gains)).all()


@given(rankings, st.integers(1, 12))
def test_looking_further_never_finds_less(gains, k):
    """Success and recall grow with k."""
    ideal = best_of(gains)

    assert (metrics.success_at(gains, k + 1) >= metrics.success_at(gains, k)).all()
    assert (metrics.recall_at(gains, ideal, k + 1) >= metrics.recall_at(gains, ideal, k)).all()
