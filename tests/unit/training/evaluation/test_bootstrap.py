import numpy as np
import pytest

from training.evaluation.bootstrap import mean_interval, paired_difference


def test_a_clear_difference_is_called_so():
    """A finds what B does not, on nearly every query."""
    rng = np.random.default_rng(0)
    b = rng.random(200)

    better, worse = paired_difference(b + 0.1, b), paired_difference(b - 0.1, b)

    assert ("A", "B") == (better.verdict, worse.verdict)
    assert pytest.approx(0.1) == better.low


def test_a_difference_that_may_be_chance_is_not_clear():
    """Two draws of the same."""
    rng = np.random.default_rng(1)

    assert "not clear" == paired_difference(rng.random(50), rng.random(50)).verdict


def test_equal_answers_differ_by_nothing():
    """And that is not clear, either."""
    a = np.random.default_rng(0).random(20)
    found = paired_difference(a, a)

    assert (0, 0, "not clear") == (found.low, found.high, found.verdict)


def test_the_interval_is_that_of_the_normal_approximation():
    """For many queries: mean ± 1.96 standard errors."""
    values = np.random.default_rng(2).normal(0.3, 1.0, 4000)
    low, high = mean_interval(values)
    error = values.std() / 4000**0.5

    assert pytest.approx(values.mean() - 1.96 * error, abs=error / 10) == low
    assert pytest.approx(values.mean() + 1.96 * error, abs=error / 10) == high


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """About 95 of 100 samples."""
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(300):
        low, high = mean_interval(rng.normal(0.0, 1.0, 60), resamples=400)
        covered += low <= 0 <= high

    assert 0.90 <= covered / 300 <= 0.98


def test_pairing_sees_what_two_intervals_would_not():
    """Queries differ widely, A and B by little but always."""
    hard = np.random.default_rng(4).random(100)
    a, b = hard, hard - 0.01

    assert mean_interval(a)[0] < mean_interval(b)[1]
    assert "A" == paired_difference(a, b).verdict


def test_the_same_seed_gives_the_same_interval():
    """A report can be made again."""
    a, b = np.random.default_rng(5).random((2, 30))

    assert paired_difference(a, b, seed=1) == paired_difference(a, b, seed=1)
    assert paired_difference(a, b, seed=1) != paired_difference(a, b, seed=2)


@pytest.mark.parametrize(("a", "b"), [(np.zeros(3), np.zeros(4)), (np.zeros(0), np.zeros(0))])
def test_numbers_that_are_no_pairs_are_refused(a, b):
    """Also none at all."""
    with pytest.raises(ValueError, match="the same queries"):
        paired_difference(a, b)
