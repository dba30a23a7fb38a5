"""Contributions, of random searches: what is told adds up to the score, whatever was asked."""

import asyncio
from dataclasses import dataclass, field, replace
from itertools import permutations
from math import fsum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.explain.explainer import Explainer
from gateway.core.explain.model import Contribution, Stage
from gateway.core.explain.question import Question
from gateway.core.model.answer import Result
from gateway.core.model.retrieval import Hit, Hits, Retrieval
from gateway.core.model.vectors import Fused, PartVector
from triptych.vocabulary.choices import (
    FusionStrategy,
    HybridFusion,
    Modality,
    SimilarityMetric,
    SpaceKind,
)
from triptych.vocabulary.errors import Internal, InvalidArgument, Reason
from triptych.vocabulary.vectors import Space, Vector, unit

DIMENSION = 5
EXACT = 1e-5


class Fuser:
    """A fusion that is neither linear nor in any order of the parts; it keeps the groups that it was asked for."""

    def __init__(self, error=None):
        self.groups = []
        self.error = error

    async def fuse(self, strategy, groups):
        self.groups += groups
        return Fused(tuple(self.error or fused(group) for group in groups), Space("t/fused", DIMENSION), ())


def fused(parts):
    assert any(part.weight > 0 for part in parts), "nothing to look for"
    total = fsum(abs(part.weight) for part in parts)
    parts = sorted(parts, key=lambda part: (part.vector.values.tobytes(), part.weight))
    values = sum(part.weight / total * part.vector.values.astype(np.float64) for part in parts)
    if np.linalg.norm(values) < 1e-3:
        return InvalidArgument("They cancel.", reason=Reason.PARTS_CANCEL, field="vectors")
    return Vector(unit(values + 0.3 * np.tanh(2 * values) ** 2), "t/fused")


@dataclass
class Index:
    """Products by id: their vector, if any, and for each text the BM25 of its words."""

    products: dict[str, tuple[Vector | None, dict[str, float]]]
    metric: SimilarityMetric = SimilarityMetric.COSINE
    searches: list[Retrieval] = field(default_factory=list)

    async def search(self, asked):
        self.searches.append(asked)
        assert set(asked.only_ids) <= set(self.products)
        hits = [self.hit(name, asked) for name in asked.only_ids]
        return Hits(tuple(hit for hit in hits if hit), asked.space, "i", "t/fused")

    def hit(self, name, asked):
        vector, words = self.products[name]
        lexical = fsum(weight * words.get(text, 0.0) for text, weight in asked.texts)
        if asked.query is None:
            return Hit(name, b"", None, 0, lexical=lexical) if lexical else None
        if vector is None:
            return None
        return Hit(name, b"", distance_or_cosine(vector, asked.query, asked.metric), 0, vector)


def distance_or_cosine(a, b, metric):
    x, y = a.values.astype(np.float64), b.values.astype(np.float64)
    if metric is SimilarityMetric.EUCLIDEAN:
        return float(np.linalg.norm(x - y))
    return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))


def vector(seed, space="t/fused"):
    return Vector(unit(np.random.default_rng(seed).normal(size=DIMENSION)), space)


@dataclass(frozen=True)
class Case:
    """A search that was made, and what the search room and the ranker said of its products."""

    question: Question
    results: tuple[Result, ...]
    index: Index

    def explained(self, fuser=None):
        explainer = Explainer(None, fuser or Fuser(), self.index)
        return asyncio.run(explainer.explain(self.question, self.results))


numbers = st.floats(-1, 1, width=32)
weights = st.floats(0.125, 10, width=32) | st.floats(-10, -0.125, width=32)


@st.composite
def cases(draw, parts_max=4):
    """Parts of any weight and modality, words that count or not, boosts, a ranking or none."""
    metric = draw(st.sampled_from([SimilarityMetric.COSINE, SimilarityMetric.EUCLIDEAN]))
    count = draw(st.integers(1, parts_max))
    places = draw(st.permutations(range(8)))[:count]
    modality = st.sampled_from(list(Modality))
    parts = {
        place: PartVector(vector(draw(st.integers(0, 99))), draw(modality), draw(weights)) for place in places
    }
    if all(part.weight < 0 for part in parts.values()):
        parts[places[0]] = replace(parts[places[0]], weight=1.0)
    whole = next(iter(parts.values())).vector if count == 1 else fused(list(parts.values()))
    if not isinstance(whole, Vector):
        whole = vector(0)
    texts = {
        place: (f"text {place}", parts[place].weight)
        for place in places
        if parts[place].modality is Modality.TEXT and parts[place].weight > 0
    }
    retrieval = Retrieval(
        "c",
        whole,
        SpaceKind.FUSED,
        metric,
        100,
        texts=tuple(texts.values()),
        lexical_weight=draw(st.sampled_from([0.0, 0.3, 1.0])) if texts else 0.0,
        hybrid_fusion=draw(st.sampled_from(HybridFusion)),
    )
    question = Question(parts, {}, texts, whole, FusionStrategy.LEARNED, retrieval, tuple(places))
    products = {
        f"p{number}": (
            draw(st.none() | st.integers(100, 199).map(vector)),
            {text: draw(st.sampled_from([0.0, 1.5, 4.0])) for text, _ in texts.values()},
        )
        for number in range(draw(st.integers(1, 3)))
    }
    index = Index(products)
    return Case(question, tuple(draw(found(retrieval, name, index)) for name in products), index)


@st.composite
def found(draw, asked, name, index):
    """What the search room says of a product by the formulas of its README, and what the ranker makes of it."""
    product, words = index.products[name]
    similarity = distance_or_cosine(product, asked.query, asked.metric) if product else None
    sign = -1 if asked.metric is SimilarityMetric.EUCLIDEAN else 1
    near = (-np.sqrt(2) if sign < 0 else 0.0) if similarity is None else sign * similarity
    lexical = fsum(weight * words[text] for text, weight in asked.texts)
    by_vector, by_words = (1 - asked.lexical_weight) * near, asked.lexical_weight * lexical / 40
    if asked.hybrid_fusion is HybridFusion.RANKS and 0 < asked.lexical_weight < 1:
        by_vector = (
            0.0 if similarity is None else (1 - asked.lexical_weight) / (60 + draw(st.integers(1, 90)))
        )
        by_words = asked.lexical_weight / (60 + draw(st.integers(1, 90))) if lexical else 0.0
    score, vector_score = (by_vector + by_words, by_vector) if asked.lexical_weight else (near, None)
    # The index compares in float32.
    score += draw(st.sampled_from([0.0, 3e-7]))
    hit = Hit(name, b"", similarity, 0, lexical=lexical, score=score, vector_score=vector_score)
    boosts = draw(st.dictionaries(st.sampled_from(["new", "popular"]), numbers))
    ranking = draw(st.none() | numbers)
    base = hit.score if ranking is None else ranking
    return Result(hit, base + fsum(boosts.values()), ranking, boosts)


def values(explanation, stage):
    return fsum(item.value for item in explanation.contributions if item.stage is stage)


@given(case=cases())
@settings(deadline=None)
def test_they_add_up(case):
    """The contributions of all stages add up to the score, and those of each stage to what that stage said."""
    for result, explanation in zip(case.results, case.explained(), strict=True):
        hit = result.hit
        by_vector = hit.score if hit.vector_score is None else hit.vector_score
        before_ranking = hit.score + fsum(result.boosts.values())

        assert result.score == pytest.approx(fsum(c.value for c in explanation.contributions), abs=EXACT)
        assert by_vector == pytest.approx(values(explanation, Stage.VECTOR), abs=EXACT)
        assert hit.score - by_vector == pytest.approx(values(explanation, Stage.LEXICAL), abs=EXACT)
        assert result.boosts == {c.boost: c.value for c in explanation.contributions if c.boost}
        assert result.score - before_ranking == pytest.approx(values(explanation, Stage.RANKING), abs=EXACT)


def worth(case, places, product):
    """How like *product* is to a query of the parts at *places* alone; at right angles where there is no such query."""
    parts = [case.question.parts[place] for place in places]
    metric = case.question.retrieval.metric
    query = None
    if len(parts) == len(case.question.parts):
        query = case.question.vector
    elif any(part.weight > 0 for part in parts):
        query = parts[0].vector if len(parts) == 1 else fused(parts)
    if not isinstance(query, Vector):
        return -np.sqrt(2) if metric is SimilarityMetric.EUCLIDEAN else 0.0
    similarity = distance_or_cosine(product, query, metric)
    return -similarity if metric is SimilarityMetric.EUCLIDEAN else similarity


@given(case=cases())
@settings(deadline=None, max_examples=40)
def test_each_part_s_share(case):
    """A part adds what it changes when it comes, as a mean over all orders in which the parts could come."""
    asked, places = case.question.retrieval, case.question.places
    orders = list(permutations(places))
    for result, explanation in zip(case.results, case.explained(), strict=True):
        product, _ = case.index.products[result.hit.id]
        if product is None or (asked.hybrid_fusion is HybridFusion.RANKS and asked.lexical_weight == 0.3):
            continue
        shares = {c.part: c.value for c in explanation.contributions if c.stage is Stage.VECTOR}
        for place in places:
            before = [order[: order.index(place)] for order in orders]
            gains = [worth(case, (*some, place), product) - worth(case, some, product) for some in before]
            expected = (1 - asked.lexical_weight) * fsum(gains) / len(orders)
            assert expected == pytest.approx(shares[place], abs=EXACT)


@given(case=cases(), data=st.data())
@settings(deadline=None, max_examples=40)
def test_order_does_not_matter(case, data):
    """Parts that stand elsewhere in the query contribute what they did."""
    moved = dict(zip(case.question.places, data.draw(st.permutations(case.question.places)), strict=True))
    question = replace(
        case.question,
        parts={moved[place]: part for place, part in case.question.parts.items()},
        texts={moved[place]: text for place, text in case.question.texts.items()},
    )

    for before, after in zip(case.explained(), replace(case, question=question).explained(), strict=True):
        expected = {(c.stage, moved.get(c.part, c.part), c.boost): c.value for c in before.contributions}
        actual = {(c.stage, c.part, c.boost): c.value for c in after.contributions}
        assert expected == pytest.approx(actual, abs=1e-9)
        assert before.modalities == pytest.approx(after.modalities, abs=1e-9)


@given(case=cases(), factor=st.floats(0.01, 100))
@settings(deadline=None, max_examples=40)
def test_scale_does_not_matter(case, factor):
    """Scaling all weights changes nothing."""
    question = replace(
        case.question,
        parts={i: replace(part, weight=part.weight * factor) for i, part in case.question.parts.items()},
    )

    for before, after in zip(case.explained(), replace(case, question=question).explained(), strict=True):
        assert [c.value for c in before.contributions] == pytest.approx(
            [c.value for c in after.contributions], abs=1e-6
        )


@given(case=cases())
@settings(deadline=None, max_examples=40)
def test_modalities(case):
    """A modality has what its parts have; words count as text."""
    for explanation in case.explained():
        of_parts = [c for c in explanation.contributions if c.part is not None]
        for modality, value in explanation.modalities.items():
            own = (
                c.value
                for c in of_parts
                if modality
                is (Modality.TEXT if c.stage is Stage.LEXICAL else case.question.parts[c.part].modality)
            )
            assert fsum(own) == pytest.approx(value, abs=1e-9)
        assert fsum(c.value for c in of_parts) == pytest.approx(
            fsum(explanation.modalities.values()), abs=1e-9
        )


def two_parts(weight=1.0, metric=SimilarityMetric.COSINE, **asked):
    """A text and a picture at right angles; the product lies on the picture's side of the middle."""
    text, picture = (
        Vector(np.eye(DIMENSION, dtype=np.float32)[0], "t"),
        Vector(np.eye(DIMENSION, dtype=np.float32)[1], "i"),
    )
    parts = {0: PartVector(text, Modality.TEXT), 1: PartVector(picture, Modality.IMAGE, weight)}
    whole = Vector(unit(text.values + weight * picture.values), "t/fused")
    product = Vector(np.array([0.6, 0.8, 0, 0, 0], np.float32), "t/fused")
    retrieval = Retrieval("c", whole, SpaceKind.FUSED, metric, 10, **asked)
    question = Question(parts, {}, {}, whole, FusionStrategy.WEIGHTED_SUM, retrieval, (0, 1))
    similarity = distance_or_cosine(product, whole, metric)
    score = -similarity if metric is SimilarityMetric.EUCLIDEAN else similarity
    result = Result(Hit("p", b"", similarity, 0, score=score), score)
    return Case(question, (result,), Index({"p": (product, {})}))


def test_an_example():
    """Alone the text reaches 0.6 and the picture 0.8, together 1.4/√2: the picture adds 0.2 more than the text."""
    (explanation,) = two_parts().explained()
    together = 1.4 / np.sqrt(2)

    expected = [Contribution(Stage.VECTOR, 0, 0), Contribution(Stage.VECTOR, 0, 1)]
    assert [replace(each, value=0) for each in explanation.contributions] == expected
    assert [together / 2 - 0.1, together / 2 + 0.1] == pytest.approx(
        [each.value for each in explanation.contributions], abs=1e-6
    )
    assert {Modality.TEXT, Modality.IMAGE} == set(explanation.modalities)


def test_distances():
    """Of a distance nobody adds that of what lies at right angles; the parts bring the product nearer."""
    (explanation,) = two_parts(metric=SimilarityMetric.EUCLIDEAN).explained()
    *parts, nobody = explanation.contributions

    assert Contribution(Stage.VECTOR, pytest.approx(-np.sqrt(2))) == nobody
    assert all(part.value > 0.5 for part in parts)
    assert parts[1].value > parts[0].value


def test_parts_that_seek_nothing_alone():
    """A part to keep away from is worth nothing alone: it changes what the others reach, and is never fused alone."""
    fuser = Fuser()
    (explanation,) = two_parts(weight=-0.5).explained(fuser)
    text, picture = (each.value for each in explanation.contributions)
    score = two_parts(weight=-0.5).results[0].score

    # v(text) = 0.6, v(picture) = 0, v(both) = score.
    assert [(score + 0.6) / 2, (score - 0.6) / 2] == pytest.approx([text, picture], abs=1e-6)
    assert [] == fuser.groups


def test_one_call_of_fusion():
    """All subsets of the parts are fused in one call, but those of one part and the one that was searched with."""
    fuser = Fuser()
    case = two_parts()
    parts = {i: PartVector(vector(i), Modality.TEXT, 1.0 if i else -1.0) for i in range(4)}
    replace(case, question=replace(case.question, parts=parts)).explained(fuser)

    assert 2**4 - 1 - 4 - 1 == len(fuser.groups)


def test_an_error_of_fusion_is_none_of_the_parts():
    """What goes wrong in fusion for other reasons than the choice of parts is not passed over."""
    case = two_parts()
    parts = {i: PartVector(vector(i), Modality.TEXT) for i in range(3)}

    with pytest.raises(Internal):
        replace(case, question=replace(case.question, parts=parts)).explained(Fuser(error=Internal()))


def test_words_are_shared_by_what_the_product_has_of_them():
    """A product that has the words of one text alone owes all of its lexical score to that one."""
    texts = {0: ("red", 0.25), 2: ("mug", 0.75)}
    parts = {place: PartVector(vector(place), Modality.TEXT, weight) for place, (_, weight) in texts.items()}
    case = two_parts(texts=tuple(texts.values()), lexical_weight=0.5)
    question = replace(case.question, parts=parts, texts=texts)

    def lexical(words):
        hit = Hit("p", b"", None, 0, lexical=1.0, score=0.4, vector_score=0.0)
        index = Index({"p": (None, words)})
        (explanation,) = Case(question, (Result(hit, 0.4),), index).explained()
        return {c.part: c.value for c in explanation.contributions if c.stage is Stage.LEXICAL}

    assert {0: 0.4, 2: 0.0} == lexical({"red": 2.0, "mug": 0.0})
    assert {0: 0.1, 2: 0.3} == pytest.approx(lexical({"red": 2.0, "mug": 2.0}))
    # An index that no longer knows the words leaves the weights to go by.
    assert {0: 0.1, 2: 0.3} == pytest.approx(lexical({}))


def test_one_text_needs_no_second_look():
    """Where one text alone counts, its share is all of the words' score."""
    case = two_parts(texts=(("red mug", 1.0),), lexical_weight=0.5)
    question = replace(case.question, texts={0: ("red mug", 1.0)})
    hit = replace(case.results[0].hit, score=0.9, vector_score=0.5)
    case = replace(case, question=question, results=(Result(hit, 0.9),))
    (explanation,) = case.explained()

    assert {Stage.VECTOR: 0.5, Stage.LEXICAL: pytest.approx(0.4)} == {
        stage: pytest.approx(values(explanation, stage)) for stage in (Stage.VECTOR, Stage.LEXICAL)
    }
    assert [()] == [search.texts for search in case.index.searches]


def test_a_product_that_is_gone():
    """Of a product that was removed meanwhile it is no longer known which part found it; the sum still holds."""
    case = two_parts()
    case.index.products["p"] = (None, {})
    (explanation,) = case.explained()

    assert (Contribution(Stage.VECTOR, case.results[0].score),) == explanation.contributions
    assert {} == explanation.modalities


def test_nothing_found():
    """An empty page costs nothing."""
    case = replace(two_parts(), results=())

    assert () == case.explained()
    assert [] == case.index.searches


def test_many_spoken_parts_are_told_apart_by_what_was_said():
    """Eight spoken parts that became sound and words are eight players: 255 subsets, not 65,535."""
    parts = {
        place: PartVector(vector(place), Modality.TEXT if place % 2 else Modality.AUDIO, 0.5)
        for place in range(16)
    }
    whole = fused(list(parts.values()))
    retrieval = Retrieval("c", whole, SpaceKind.FUSED, SimilarityMetric.COSINE, 10)
    question = Question(
        parts,
        {},
        {},
        whole,
        FusionStrategy.LEARNED,
        retrieval,
        tuple(range(8)),
        {place: place // 2 for place in parts},
    )
    product, fuser = vector(100), Fuser()
    similarity = distance_or_cosine(product, whole, SimilarityMetric.COSINE)
    result = Result(Hit("p", b"", similarity, 0, score=similarity), similarity)

    (explanation,) = Case(question, (result,), Index({"p": (product, {})})).explained(fuser)

    values = [each.value for each in explanation.contributions]
    assert list(range(16)) == [each.part for each in explanation.contributions]
    assert similarity == pytest.approx(sum(values))
    assert values[::2] == pytest.approx(values[1::2])
    assert 254 == len(fuser.groups)
