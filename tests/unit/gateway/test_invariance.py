"""The algebra of parts: neither their order nor the scale of their weights matters."""

import asyncio
from dataclasses import replace

import pytest
from conftest import FakeRooms
from fakes import PACK, word_vector
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.core.model.answer import Answer
from gateway.core.model.catalog import ProductRecord, StoredVector
from gateway.core.model.query import Content, Media, Part, ProductReference, Query
from triptych.v1.types_pb2 import Product
from triptych.vocabulary.choices import FusionStrategy, Modality, SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import Reason, TriptychError
from triptych.vocabulary.vectors import Vector

STOCK = ("red mug", "blue mug", "red hat", "blue wide hat", "leather shoe", "mug")
words = st.lists(st.sampled_from(("red", "blue", "mugg", "mug", "hat", "shoe")), min_size=1, max_size=3).map(
    " ".join
)
contents = st.one_of(
    words.map(lambda text: Content(Modality.TEXT, "parts[0].text", text=text)),
    words.map(lambda text: Content(Modality.IMAGE, "parts[0].image", media=Media(text.encode()))),
    words.map(lambda text: Content(Modality.AUDIO, "parts[0].audio", media=Media(text.encode()))),
    words.map(lambda text: Vector(word_vector(text), f"{PACK}/image")),
    st.sampled_from(STOCK).map(ProductReference),
)
weights = st.integers(-100, 100).filter(bool).map(lambda number: number / 8)
parts = st.lists(
    st.one_of(
        st.builds(Part, contents, weights),
        st.builds(Part, contents, exclude=st.just(True), exclude_similarity=st.just(0.95)),
    ),
    min_size=1,
    max_size=6,
).filter(lambda some: any(part.is_wanted for part in some))
quick = settings(max_examples=60, deadline=None)


def search(some, **more) -> Answer:
    """Return the answer to a query of these parts; every call has rooms of its own."""
    rooms = FakeRooms()
    rooms.index.corrections = {"mugg": "mug"}
    stored = rooms.index.products.setdefault("default", {})
    for title in STOCK:
        vectors = tuple(
            StoredVector(kind, 0, Vector(word_vector(title), f"{PACK}/{kind.name.lower()}"))
            for kind in (SpaceKind.FUSED, SpaceKind.IMAGE)
        )
        stored[title] = ProductRecord(title, Product(id=title, title=title).SerializeToString(), vectors)
    query = Query(
        "default", tuple(some), 20, FusionStrategy.LEARNED, SimilarityMetric.COSINE, None, None, **more
    )
    return asyncio.run(rooms.search.search(query))


def said(answer: Answer):
    """Return all of an answer that a client sees, but for times, vectors, and at which place a part stood."""
    return replace(
        answer,
        results=tuple(replace(each, hit=replace(each.hit, vector=None)) for each in answer.results),
        speech=tuple(sorted((replace(heard, part=0) for heard in answer.speech), key=repr)),
        stages=(),
        chain=None,
    )


def answered(some, **more):
    try:
        return said(search(some, **more))
    except TriptychError as error:
        if error.reason is not Reason.PARTS_CANCEL:
            raise
        return error.reason


@quick
@given(st.data(), parts, st.sampled_from((None, 0.0, 0.5)))
def test_the_order_of_parts_does_not_matter(data, some, lexical_weight):
    """The answer is the same to the last bit."""
    shuffled = data.draw(st.permutations(some))

    assert answered(some, lexical_weight=lexical_weight) == answered(shuffled, lexical_weight=lexical_weight)


@quick
@given(parts, st.sampled_from((0.125, 0.5, 2.0, 8.0)))
def test_the_scale_of_weights_does_not_matter(some, factor):
    """By powers of two, which lose no bit: the same to the last one."""
    scaled = [part if part.exclude else replace(part, weight=part.weight * factor) for part in some]

    assert answered(some) == answered(scaled)


@quick
@given(parts, st.floats(0.01, 50))
def test_any_scale_changes_no_score_that_can_be_told(some, factor):
    """Up to the rounding of the weights themselves."""
    scaled = [part if part.exclude else replace(part, weight=part.weight * factor) for part in some]
    one, other = answered(some), answered(scaled)
    assume(isinstance(one, Answer) and isinstance(other, Answer))

    scores = {each.hit.id: each.score for each in one.results}
    assert pytest.approx(scores, abs=1e-4) == {each.hit.id: each.score for each in other.results}
