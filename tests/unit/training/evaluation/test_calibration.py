import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.calibration import (
    error_interval,
    error_of_perfect,
    expected_calibration_error,
    fit_temperature,
    reliability,
    softmax,
)


def test_the_error_is_that_worked_out_by_hand():
    """Two bins: 3 of confidence 0.9 with 2 right, 1 of confidence 0.2 that is right: 3/4 · 0.2333 + 1/4 · 0.8."""
    confidences, right = np.array([0.9, 0.9, 0.9, 0.2]), np.array([1.0, 1.0, 0.0, 1.0])

    assert pytest.approx(0.75 * (0.9 - 2 / 3) + 0.25 * 0.8) == expected_calibration_error(
        confidences, right, 10
    )


def test_bins_are_closed_above():
    """As in Guo et al.: 0.5 belongs to the bin below, 1 to the last, 0 to the first."""
    bins = reliability(np.array([0.0, 0.5, 0.51, 1.0]), np.ones(4), bins=2)

    assert [2, 2] == [each.count for each in bins]


def test_who_is_as_sure_as_right_has_no_error():
    """In every bin."""
    confidences = np.repeat([0.25, 0.75], 4)
    right = np.array([1, 0, 0, 0, 1, 1, 1, 0], float)

    assert pytest.approx(0) == expected_calibration_error(confidences, right)


def test_what_chance_alone_makes_of_an_error():
    """A hundred coins: the mean of |share - 1/2| is sqrt(2 / pi) · 0.05, its 95th percentile 1.96 · 0.05."""
    mean, most = error_of_perfect(np.full(100, 0.5), resamples=5000)

    assert pytest.approx(np.sqrt(2 / np.pi) * 0.05, rel=0.05) == mean
    assert pytest.approx(0.098, rel=0.05) == most


def test_an_error_that_all_queries_share_has_no_interval():
    """Whichever are drawn."""
    confidences, right, query = np.tile([0.9, 0.2], 30), np.tile([1.0, 0.0], 30), np.repeat(np.arange(30), 2)

    error = pytest.approx(expected_calibration_error(confidences, right))

    assert (error, error) == error_interval(confidences, right, query)


def test_an_error_of_few_queries_is_less_sure():
    """Products of a query stand and fall together: thirty queries of ten say less than three hundred of one."""
    rng = np.random.default_rng(0)
    right = np.repeat((rng.random(30) < 0.5).astype(float), 10)

    widths = [
        np.ptp(error_interval(np.full(300, 0.5), right, query))
        for query in (np.repeat(np.arange(30), 10), np.arange(300))
    ]

    assert widths[0] > 2 * widths[1]


def test_nothing_has_no_error():
    """An empty evaluation does not divide by zero."""
    assert 0 == expected_calibration_error(np.zeros(0), np.zeros(0))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_the_error_lies_between_0_and_1_and_bins_hold_everybody(found):
    """Whatever is claimed."""
    confidences, right = (np.array(each, float) for each in zip(*found, strict=True))

    assert 0 <= expected_calibration_error(confidences, right) <= 1
    assert len(found) == sum(each.count for each in reliability(confidences, right))


@pytest.mark.parametrize("temperature", [0.02, 0.3, 1.0, 5.0])
def test_the_temperature_that_made_the_data_is_found(temperature):
    """Right ones drawn from the softmax of the scores at that temperature."""
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(20_000, 4)) * temperature * 2
    drawn = (rng.random((20_000, 1)) > softmax(scores, temperature).cumsum(axis=1)).sum(axis=1)

    assert pytest.approx(temperature, rel=0.05) == fit_temperature(scores, np.eye(4, dtype=bool)[drawn])


def test_without_any_right_one_the_temperature_is_1():
    """Nothing can be fitted."""
    assert 1 == fit_temperature(np.zeros((3, 2)), np.zeros((3, 2), bool))


def test_what_was_not_found_has_no_probability():
    """A score of minus infinity."""
    assert [[0.5, 0.5, 0.0]] == softmax(np.array([[1.0, 1.0, -np.inf]]), 0.1).tolist()
