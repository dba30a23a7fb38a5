"""Finding against looking at every product, over random shops and queries."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.search.core.query import ExcludedVector
from tests.memory_shop import MemoryShop
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import Vector

FUSED, IMAGE = SpaceKind.FUSED, SpaceKind.IMAGE
WORDS = ("red", "blue", "lamp", "shade", "table")
QUERY = (1.0, 0.5, -0.2)


@pytest.fixture(scope="module", autouse=True)
def shallow():
    """Looks no deeper at first than it must, so that small shops need several rounds, and then as deep as it takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.search.core.searcher.HYBRID_DEPTH_MIN", 1)
        patch.setattr("services.search.core.searcher.ORDER_DOUBLINGS", 99)
        yield


@dataclass(frozen=True)
class Made:
    """A random product."""

    id: str
    fused: tuple[float, ...]
    images: tuple[tuple[float, ...], ...]
    title: str
    group: str
    price: float | None

    def cosine(self, space, other=QUERY):
        views = [self.fused] if space is FUSED else self.images
        cosines = [np.dot(each, other) / np.linalg.norm(each) / np.linalg.norm(other) for each in views]
        return max(cosines, default=None)


@st.composite
def shops(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def vector():
        return tuple(float(each) for each in rng.normal(size=3))

    return [
        Made(
            f"{n:02}",
            vector(),
            tuple(vector() for _ in range(rng.integers(0, 4))),
            " ".join(rng.choice(WORDS, size=rng.integers(1, 5))),
            str(rng.choice(["", "", "g1", "g2", "g3"])),
            [None, 5.0, 10.0, 20.0, 50.0][rng.integers(5)],
        )
        for n in rng.permutation(draw(st.integers(1, 25)))
    ]


async def opened(products):
    shop = MemoryShop(3)
    for each in products:
        await shop.put(
            each.id, each.fused, {IMAGE: each.images}, title=each.title, group_id=each.group, price=each.price
        )
    return shop


async def formula(shop, products, space, texts, weight, passes):
    """Return (1 - w) · cosine + w · BM25 / best BM25 of every product that has a vector or a word."""
    total = sum(each for _, each in texts)
    lexical = {}
    for text, each in texts:
        for product_id, score in await shop.words.match("shop", text, 1000):
            lexical[product_id] = lexical.get(product_id, 0.0) + each / total * score
    cosines = {each.id: each.cosine(space) for each in products if passes(each)}
    best = max((lexical.get(each, 0.0) for each in cosines), default=0.0) or 1.0
    return {
        each: (1 - weight) * (0.0 if cosine is None else cosine) + weight * lexical.get(each, 0.0) / best
        for each, cosine in cosines.items()
        if (weight < 1 and cosine is not None) or (weight > 0 and each in lexical)
    }


def first_of_groups(order, by_id):
    seen, kept = set(), []
    for each in order:
        group = by_id[each].group or each
        if group not in seen:
            seen.add(group)
            kept.append(each)
    return kept


texts = st.lists(
    st.tuples(st.sampled_from([*WORDS, "red lamp", "blue table shade"]), st.sampled_from([0.5, 1.0, 3.0])),
    min_size=1,
    max_size=2,
    unique_by=lambda each: each[0],
)


@settings(max_examples=150)
@given(
    shops(),
    st.sampled_from([FUSED, IMAGE]),
    texts,
    st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]),
    st.integers(1, 12),
    st.booleans(),
    st.booleans(),
    st.sets(st.integers(0, 24).map("{:02}".format), max_size=3),
    st.sampled_from(["", "red", "blue lamp"]),
    st.sampled_from([None, 0.3, 0.8]),
)
async def test_the_best_by_the_formula(
    products, space, texts, weight, limit, cheap, grouped, excluded_ids, excluded_text, near
):
    """Hits are the best by the formula among what passes filter and exclusions, each group once, as many as wanted."""
    shop, by_id = await opened(products), {each.id: each for each in products}
    away = np.array((0.3, 1.0, 0.1), np.float32)

    found = await shop.search(
        QUERY,
        limit,
        space=space,
        texts=tuple(texts),
        lexical_weight=weight,
        filter="price <= 10" if cheap else "",
        grouped=grouped,
        excluded_ids=tuple(excluded_ids),
        excluded_texts=(excluded_text,) if excluded_text else (),
        excluded_vectors=(ExcludedVector(Vector(away, "p-1/text"), near, FUSED),) if near else (),
        counted=True,
    )

    scores = await formula(
        shop, products, space, texts, weight, lambda each: not cheap or (each.price or 99) <= 10
    )
    excluded_words = set(excluded_text.split())
    hidden = {
        each.id
        for each in products
        if each.id in excluded_ids
        or (excluded_words and excluded_words <= set(each.title.split()))
        or (near and each.cosine(FUSED, away) >= near)
    }
    order = [each for each in sorted(scores, key=lambda each: (-scores[each], each)) if each not in hidden]
    expected = first_of_groups(order, by_id) if grouped else order
    assert [scores[each] for each in expected[:limit]] == pytest.approx(
        [hit.score for hit in found.hits], abs=1e-6
    )
    assert {hit.id: scores[hit.id] for hit in found.hits} == pytest.approx(
        {hit.id: hit.score for hit in found.hits}, abs=1e-6
    )
    assert set() == hidden & {hit.id for hit in found.hits}


@given(shops(), st.integers(1, 8), st.booleans(), st.booleans())
async def test_groups_tell_how_many_they_stand_for(products, limit, cheap, grouped):
    """The others of a group are those that pass the filter too, and the total counts groups."""
    shop = await opened(products)
    kept = [each for each in products if not cheap or (each.price or 99) <= 10]

    found = await shop.search(
        QUERY, limit, grouped=grouped, filter="price <= 10" if cheap else "", counted=True
    )

    groups = [each.group or each.id for each in kept]
    assert (len(set(groups)) if grouped else len(kept)) == found.total.number
    for hit in found.hits:
        others = groups.count(hit.group_id) - 1 if hit.group_id else 0
        assert (others if grouped else 0) == hit.group_others


@given(shops(), st.integers(1, 30), st.booleans(), st.booleans())
async def test_an_order_is_that_of_sorting(products, limit, descending, browses):
    """By the field, those without it last, equals by id: of the most relevant, or of all."""
    shop = await opened(products)

    ids = await shop.ids(None if browses else QUERY, limit, order_by="price desc" if descending else "price")

    sign = -1 if descending else 1
    expected = sorted(products, key=lambda each: (each.price is None, sign * (each.price or 0), each.id))
    assert [each.id for each in expected[:limit]] == ids


@given(shops(), st.integers(1, 10), texts)
async def test_a_shorter_answer_is_the_beginning_of_a_longer_one(products, limit, texts):
    """The order by scores does not depend on how much of it is asked for."""
    shop = await opened(products)
    wishes = {"texts": tuple(texts), "lexical_weight": 0.4}

    whole = (await shop.search(QUERY, 30, **wishes)).hits
    assume(len({round(hit.score, 9) for hit in whole}) == len(whole))

    assert [hit.id for hit in whole[:limit]] == await shop.ids(QUERY, limit, **wishes)
