import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.calibration import (
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
