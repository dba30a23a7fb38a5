"""The score of a recommendation, by hand."""

import numpy as np
import pytest

from gateway.core.recommend.blend import (
    AGAIN,
    AWAY,
    INTEREST,
    MUCH,
    POPULAR,
    SHARPNESS,
    Candidate,
    Why,
    blend,
)
from gateway.core.recommend.interests import Interest
from triptych.vocabulary.vectors import Vector


def vector(*values: float) -> Vector:
    return Vector(np.array(values, np.float32), "s")


def candidate(product_id: str, popularity: float, *values: float) -> Candidate:
    return Candidate(product_id, b"", vector(*values), popularity)


def test_the_formula():
    """Interests, habits, popularity and dislikes, of vectors of any length."""
    one = candidate("one", 5, 3, 4)
    most = candidate("most", 10, 0, -1)
    interests = [
        Interest("i", vector(1, 0), share=0.7, pull=0.5),
        Interest("j", vector(0, 2), share=0.3, pull=0.3),
    ]
    first, second = blend([one, most], interests, {"one": 2.0, "gone": 6.0}, [(vector(0, 5), 0.5)])

    expected = (
        INTEREST * max(0.5 * 0.6**SHARPNESS, 0.3 * 0.8**SHARPNESS)
        + AGAIN * 2 / 8**MUCH
        + POPULAR * 0.5
        - AWAY * 0.5 * 0.8**SHARPNESS
    )
    assert (pytest.approx(expected, abs=1e-5), Why.AGAIN, None) == (first.score, first.why, first.interest)
    assert (pytest.approx(POPULAR), Why.POPULAR) == (second.score, second.why)


def test_the_interest_is_named_where_it_counts_most():
    """By its place."""
    interests = [Interest("i", vector(1, 0), 0.5, 0.5), Interest("j", vector(0, 1), 0.5, 0.5)]
    (found,) = blend([candidate("a", 0, 0.1, 1)], interests, {}, [])

    assert (Why.INTEREST, 1) == (found.why, found.interest)


def test_where_nothing_speaks_for_a_product():
    """It is as popular as all others."""
    (found,) = blend([candidate("a", 0, 1, 0)], [], {}, [])

    assert (0.0, Why.POPULAR, None) == (found.score, found.why, found.interest)
