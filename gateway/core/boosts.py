"""Boosts: what lifts or lowers a product beside its likeness."""

import math
from collections.abc import Mapping, Sequence

from gateway.core.model.catalog import ProductFacts
from gateway.core.model.query import Boost, Condition, Freshness, Popularity
from gateway.core.model.retrieval import Hit

# Similarities lie between -1 and 1: what is added never outweighs them.
SUM_MAX = 1.0


def conditions(boosts: Sequence[Boost]) -> tuple[str, ...]:
    """Return the filters of which hits are to say whether they pass them, in the order of the boosts."""
    return tuple(boost.source.filter for boost in boosts if isinstance(boost.source, Condition))


def added(boosts: Sequence[Boost], hit: Hit, facts: ProductFacts) -> Mapping[str, float]:
    """Return what each boost adds to the score of a product, by name.

    The sum is held between -1 and 1: where it lies outside, all are made smaller by one factor, so that what is said
    to be added is what was added.
    """
    passed = iter(hit.conditions)
    values = {
        boost.name: boost.weight
        * (float(next(passed)) if isinstance(boost.source, Condition) else value(boost.source, facts))
        for boost in boosts
    }
    factor = SUM_MAX / max(SUM_MAX, abs(math.fsum(values.values())))
    return {name: each * factor for name, each in values.items()}


def total(values: Mapping[str, float]) -> float:
    """Return what all boosts add to a score, -1 to 1."""
    return max(-SUM_MAX, min(SUM_MAX, math.fsum(values.values())))


def value(source: Popularity | Freshness, facts: ProductFacts) -> float:
    """Return the value of a boost for a product, 0 to 1."""
    if isinstance(source, Popularity):
        return facts.popularity / (facts.popularity + source.half)
    return 0.0 if facts.age_s is None else float(0.5 ** (facts.age_s / source.half_life_s))
