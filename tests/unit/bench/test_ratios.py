import numpy as np
import pytest

from bench.ratios import ratio_interval


def test_ratio_is_that_of_the_means():
    """Twice as good everywhere is a ratio of two, without doubt."""
    b = np.array([0.1, 0.2, 0.3, 0.4])
    ratio = ratio_interval(2 * b, b, ["p1", "p2", "p3", "p4"])
    assert (2.0, pytest.approx(2.0), pytest.approx(2.0)) == (
        pytest.approx(ratio.value),
        ratio.low,
        ratio.high,
    )


def test_queries_of_one_owner_are_drawn_together():
    """Copies of the same queries under the same owners say nothing new: the interval stays as wide."""
    rng = np.random.default_rng(5)
    a, b = rng.random(40), rng.random(40)
    owners = [f"p{at}" for at in range(40)]
    once = ratio_interval(a, b, owners)
    copied = ratio_interval(np.tile(a, 9), np.tile(b, 9), owners * 9)
    assert (pytest.approx(once.low), pytest.approx(once.high)) == (copied.low, copied.high)


def test_interval_holds_the_ratio():
    """The ratio lies between its bounds, which differ where queries do."""
    rng = np.random.default_rng(6)
    a, b = rng.random(50), rng.random(50)
    ratio = ratio_interval(a, b, [str(at) for at in range(50)])
    assert ratio.low < ratio.value < ratio.high
