"""Maximal marginal relevance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ranker.core.diverse import _PRODUCTS_INLINE_MAX, DiverseRanker
from services.ranker.core.ports import Candidate, Wish
from services.ranker.core.similarity import SimilarityRanker
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import Vector


def candidate(name, score, *values, space="demo-1/fused", boost=0.0) -> Candidate:
    return Candidate(name, score, Vector(np.array(values, np.float32), space), boost=boost)


@st.composite
def candidate_lists(draw):
    """Up to 12 candidates in 3 dimensions, some of them twins but for the id."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    distinct = draw(st.integers(1, 8))
    vectors = random.normal(size=(distinct, 3))
    scores, boosts = (
        draw(st.lists(st.floats(-1, 1, width=16), min_size=distinct, max_size=distinct)) for _ in range(2)
    )
    places = draw(st.lists(st.integers(0, distinct - 1), min_size=1, max_size=12))
    names = draw(st.permutations([f"p{number:02}" for number in range(len(places))]))
    return [
        candidate(name, scores[i], *vectors[i], boost=boosts[i])
        for name, i in zip(names, places, strict=True)
    ]


def brute_force_values(candidates, chosen, diversity_lambda) -> dict[int, float]:
    """Return the marginal relevance of each candidate that is not *chosen*, by the formula word for word."""

    def cosine(a, b) -> float:
        x, y = candidates[a].vector.values, candidates[b].vector.values
        return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))

    return {
        i: diversity_lambda * candidates[i].score
        + candidates[i].boost
        - (1 - diversity_lambda) * max((cosine(i, j) for j in chosen), default=0)
        for i in range(len(candidates))
        if i not in chosen
    }


@given(candidates=candidate_lists(), diversity_lambda=st.floats(0, 1), limit=st.integers(1, 12))
@settings(deadline=None)
async def test_brute_force(candidates, diversity_lambda, limit):
    """Each choice is the best of the rest by the formula, and its score is the formula's value."""
    ranked = await DiverseRanker().rank(candidates, Wish(limit, diversity_lambda))

    assert min(limit, len(candidates)) == len(ranked)
    chosen: list[int] = []
    for each in ranked:
        values = brute_force_values(candidates, chosen, diversity_lambda)
        assert values[each.index] == pytest.approx(max(values.values()), abs=2e-6)
        assert values[each.index] == pytest.approx(each.score, abs=2e-6)
        chosen.append(each.index)


@given(candidates=candidate_lists(), limit=st.integers(1, 12))
@settings(deadline=None)
async def test_lambda_one(candidates, limit):
    """λ = 1 is the order of similarity, scores included."""
    wish = Wish(limit, diversity_lambda=1)

    assert await SimilarityRanker().rank(candidates, wish) == await DiverseRanker().rank(candidates, wish)


@given(candidates=candidate_lists(), data=st.data())
@settings(deadline=None)
async def test_order_of_input(candidates, data):
    """The order of the input never matters."""
    shuffled = data.draw(st.permutations(candidates))
    wish = Wish(limit=12)

    first = await DiverseRanker().rank(candidates, wish)
    second = await DiverseRanker().rank(shuffled, wish)

    assert [(candidates[each.index].id, each.score) for each in first] == [
        (shuffled[each.index].id, each.score) for each in second
    ]


async def test_twin_is_pushed_down():
    """A near-duplicate of the best comes after something different that scores less."""
    candidates = [
        candidate("best", 0.9, 1, 0),
        candidate("twin", 0.89, 1, 0.01),
        candidate("other", 0.7, 0, 1),
    ]

    ranked = await DiverseRanker().rank(candidates, Wish(limit=3, diversity_lambda=0.5))

    assert [0, 2, 1] == [each.index for each in ranked]


async def test_scores():
    """The score is λ·score - (1 - λ)·cosine to the nearest chosen; the first has nothing to be like."""
    candidates = [candidate("a", 0.9, 2, 0), candidate("b", 0.6, 3, 4)]

    ranked = await DiverseRanker().rank(candidates, Wish(limit=2))

    assert [0, 1] == [each.index for each in ranked]
    assert [0.7 * 0.9, 0.7 * 0.6 - 0.3 * 0.6] == pytest.approx([each.score for each in ranked])


async def test_ties():
    """Equal candidates are ordered by id."""
    candidates = [candidate(name, 0.5, 1, 2, 3) for name in "cab"]

    assert [1, 2, 0] == [each.index for each in await DiverseRanker().rank(candidates, Wish(limit=3))]


async def test_many_ties():
    """Equal candidates are ordered by id even where a matrix product rounds equal rows differently."""
    random = np.random.default_rng(0)
    best, twin = random.normal(size=(2, 255))
    twins = [candidate(f"{i:02}", 0.5, *twin) for i in range(50)]

    ranked = await DiverseRanker().rank([*twins, candidate("best", 0.9, *best)], Wish(limit=51))

    assert [50, *range(50)] == [each.index for each in ranked]


async def test_large_choice_elsewhere():
    """A choice that is large enough to leave the event loop is the same one."""
    random = np.random.default_rng(0)
    count = 300
    candidates = [
        candidate(f"{i:03}", score, *values)
        for i, (score, values) in enumerate(
            zip(random.random(count), random.normal(size=(count, 8)), strict=True)
        )
    ]
    assert count * count > _PRODUCTS_INLINE_MAX

    large = await DiverseRanker().rank(candidates, Wish(limit=count))
    small = await DiverseRanker().rank(candidates, Wish(limit=10))

    assert small == large[:10]


async def test_large_numbers():
    """Vectors whose squares overflow float32 are compared all the same."""
    candidates = [candidate("a", 0.9, 1e30, 0), candidate("b", 0.8, 1e30, 0), candidate("c", 0.7, 0, 1e30)]

    ranked = await DiverseRanker().rank(candidates, Wish(limit=3, diversity_lambda=0.5))

    assert [0, 2, 1] == [each.index for each in ranked]


@pytest.mark.parametrize(
    ("second", "reason", "field"),
    [
        (Candidate("b", 0.5), Reason.VECTORS_MISSING, "candidates[1].vector"),
        (candidate("b", 0.5, 1, 0, space="demo-1/text"), Reason.SPACE_MISMATCH, "candidates[1].vector.space"),
        (candidate("b", 0.5, 1, 0, 0), Reason.DIMENSION_MISMATCH, "candidates[1].vector.dimension"),
    ],
)
async def test_vectors_that_cannot_be_compared(second, reason, field):
    """A vector that is missing or of another kind than the first is refused by name."""
    with pytest.raises(InvalidArgument) as raised:
        await DiverseRanker().rank([candidate("a", 0.9, 1, 0), second], Wish(limit=2))

    assert (reason, field) == (raised.value.reason, raised.value.field)


async def test_first_vector_missing():
    """When the first has no vector, the first is named."""
    with pytest.raises(InvalidArgument) as raised:
        await DiverseRanker().rank([Candidate("a", 0.9), candidate("b", 0.8, 1, 0)], Wish(limit=2))

    assert "candidates[0].vector" == raised.value.field


async def test_nothing():
    """No candidates, no order."""
    assert [] == await DiverseRanker().rank([], Wish(limit=3))
