"""What the pair test compares, without any model."""

import random

import numpy as np

from bench.pair_test import SCORES, Triples, cosines_of, judge, neighbours, partners
from training.demo.items import items


def test_neighbours_differ_in_one_attribute():
    """Never in the category."""
    catalogue = {item.combination for item in items(400)}
    combination = next(iter(catalogue))

    for other in neighbours(combination):
        assert combination[0] == other[0]
        assert 1 == sum(one != two for one, two in zip(combination, other, strict=True))


def test_partners_are_other_products():
    """Of another combination; near ones where it is to be hard; the product itself where none is near."""
    catalogue = items(400)
    easy = partners(catalogue[:40], catalogue, random.Random(0), hard=False)
    hard = partners(catalogue[:40], catalogue, random.Random(0), hard=True)

    for item, far, near in zip(catalogue, easy, hard, strict=False):
        assert item.combination != far.combination
        assert near is item or near.combination in set(neighbours(item.combination))


def test_cosines_are_those_of_the_three_pairs():
    """Text-image, text-audio, image-audio."""
    vectors = np.array([[[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]])

    assert np.allclose([[0.0, 0.6, 0.8]], cosines_of(vectors))


def triples(matching, other):
    """Triples with these cosines; text, image and audio were swapped in turn."""
    swapped = [("text", "image", "audio")[at % 3] for at in range(len(other))]
    matches = np.repeat([True, False], len(other))
    return Triples(np.concatenate([matching, other]), matches, ("",) * len(other) + tuple(swapped))


def test_what_can_be_told_apart_is():
    """Every score finds what all three cosines say."""
    rng = np.random.default_rng(0)
    made = [triples(rng.uniform(0.8, 1, (50, 3)), rng.uniform(0, 0.2, (50, 3))) for _ in range(2)]

    assert {1.0} == {judge(name, "", *made).accuracy for name in SCORES}


def test_what_cannot_be_told_apart_is_not():
    """The threshold of dev does not fit test by chance."""
    rng = np.random.default_rng(1)
    made = [triples(rng.random((500, 3)), rng.random((500, 3))) for _ in range(2)]

    assert all(0.45 < judge(name, "", *made).accuracy < 0.55 for name in SCORES)
