"""Interests are told apart."""

import numpy as np
import pytest
from fakes import word_vector

from gateway.core.recommend.history import CustomerEvent, history
from gateway.core.recommend.interests import INTERESTS_MAX, PRODUCTS_MAX, interests
from triptych.vocabulary.choices import EventType
from triptych.vocabulary.vectors import Vector, unit


def past_of(**weights: int):
    """Somebody who viewed each product so many times."""
    viewed = [CustomerEvent(name, EventType.VIEWED) for name, count in weights.items() for _ in range(count)]
    return history(viewed, 0.0, 1.0)


def vectors_of(**words: str) -> dict[str, Vector]:
    return {name: Vector(word_vector(text), "test/fused") for name, text in words.items()}


def test_two_interests_are_told_apart():
    """Each with its share, the stronger first."""
    found = interests(
        past_of(m1=2, m2=3, h1=1),
        vectors_of(m1="red mug cup", m2="blue mug cup", h1="straw hat brim"),
    )

    assert [("m2", 5 / 6), ("h1", 1 / 6)] == [(each.product_id, pytest.approx(each.share)) for each in found]


def test_the_medoid_is_a_product_in_the_middle():
    """Not one at the edge, however early its id."""
    rows = {"a": [1, 0.5], "b": [1, 0], "c": [1, -0.5]}
    vectors = {name: Vector(unit(np.array(row, np.float32)), "s") for name, row in rows.items()}

    assert ["b"] == [each.product_id for each in interests(past_of(a=1, b=1, c=1), vectors)]


def test_nothing_done_is_no_interest():
    """A stranger has none."""
    assert () == interests(past_of(), {})


def test_the_strongest_are_looked_after():
    """Of many, and of many products."""
    many = PRODUCTS_MAX + 50
    rows = np.eye(many, dtype=np.float32)
    vectors = {f"p{at:03}": Vector(row, "s") for at, row in enumerate(rows)}
    found = interests(past_of(**{name: 1 + at % 7 for at, name in enumerate(vectors)}), vectors)

    assert INTERESTS_MAX == len(found)
    assert ["p006", "p013", "p020", "p027", "p034"] == [each.product_id for each in found]
