"""Chains of pages: nothing twice, nothing left out, whatever is written in between."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest
from conftest import FakeRooms
from fakes import PACK, word_vector
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core import ranking
from gateway.core.model.catalog import ProductRecord, StoredVector
from gateway.core.model.query import Boost, Condition, Content, Part, Popularity, Query
from triptych.v1.types_pb2 import Product
from triptych.vocabulary.choices import (
    FusionStrategy,
    Modality,
    RankingStrategy,
    SimilarityMetric,
    SpaceKind,
)
from triptych.vocabulary.vectors import Vector

WORDS = ("red", "blue", "mug", "hat", "shoe")
BOOSTS = (Boost("popular", 0.5, Popularity(5)), Boost("brand", -0.3, Condition('brand = "A"')))
WORDS_SOUGHT = Part(Content(Modality.TEXT, "parts[0].text", text="red mug"))
FINGERPRINT = b"this request"

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def small_pool(monkeypatch):
    """So that few products use it up."""
    monkeypatch.setattr(ranking, "POOL_MIN", 4)
    monkeypatch.setattr(ranking, "POOL_FACTOR", 2)


products = st.builds(
    lambda number, words, group, brand, popularity: Product(
        id=f"p{number}",
        title=" ".join(words),
        group_id=f"g{group}" if group else "",
        brand=brand,
        popularity=popularity,
    ),
    st.integers(0, 24),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    st.integers(0, 4),
    st.sampled_from("AB"),
    st.integers(0, 20),
)
writes = st.lists(st.one_of(products, st.integers(0, 24).map(lambda number: f"p{number}")), max_size=4)
queries = st.builds(
    lambda grouped, filtered, boosted, strategy, order_by, browses: Query(
        catalog="default",
        parts=() if browses and order_by else (WORDS_SOUGHT,),
        limit=1,
        fusion=FusionStrategy.LEARNED,
        metric=SimilarityMetric.COSINE,
        ranking=None if order_by else strategy,
        space=None,
        filter='brand = "A"' if filtered else "",
        grouped=grouped,
        order_by=order_by,
        boosts=BOOSTS if boosted and not order_by else (),
        fingerprint=FINGERPRINT,
    ),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from((None, RankingStrategy.SIMILARITY, RankingStrategy.DIVERSE, RankingStrategy.LEARNED)),
    st.sampled_from(("", "", "popularity desc")),
    st.booleans(),
)


@dataclass
class Shop:
    """A catalogue that is written to while somebody pages through it."""

    rooms: FakeRooms = field(default_factory=FakeRooms)

    def __post_init__(self):
        self.rooms.ranker.features = ("log_popularity",)
        self.stored = self.rooms.index.products.setdefault("default", {})

    def write(self, change: Product | str) -> str:
        """Store a product or remove one; return its id."""
        if isinstance(change, str):
            self.stored.pop(change, None)
            return change
        vector = StoredVector(SpaceKind.FUSED, 0, Vector(word_vector(change.title), f"{PACK}/fused"))
        self.stored[change.id] = ProductRecord(change.id, change.SerializeToString(), (vector,))
        return change.id

    def chain(self, query: Query, sizes, changes) -> list[list[Product]]:
        """Return the pages of *query*, of *sizes*, while *changes* are written, some after each page."""
        return asyncio.run(self._chain(query, sizes, changes))

    async def _chain(self, query, sizes, changes):
        answer = await self.rooms.search.search(replace(query, limit=sizes[0]))
        pages = [[Product.FromString(each.hit.product) for each in answer.results]]
        while answer.chain is not None:
            for change in changes[len(pages) - 1] if len(pages) <= len(changes) else ():
                self.write(change)
            token = self.rooms.chains.seal(answer.chain, FINGERPRINT)
            limit = sizes[len(pages) % len(sizes)]
            answer = await self.rooms.search.follow(replace(query, limit=limit, page_token=token))
            pages.append([Product.FromString(each.hit.product) for each in answer.results])
        return pages


def passes(query: Query, product: Product) -> bool:
    return not query.filter or product.brand == "A"


def name(query: Query, product: Product) -> str:
    """By what it may be shown once: its group, where products are grouped."""
    return f"group {product.group_id}" if query.grouped and product.group_id else product.id


@quick
@given(st.lists(products, max_size=30), queries, st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_without_writes_every_product_is_shown_once(stock, query, sizes):
    """Each that passes the filter, or each group; all pages but the last are full."""
    shop = Shop()
    for product in stock:
        shop.write(product)

    pages = shop.chain(query, sizes, ())

    kept = [Product.FromString(record.record) for record in shop.stored.values()]
    expected = {name(query, product) for product in kept if passes(query, product)}
    assert Counter(expected) == Counter(name(query, product) for page in pages for product in page)
    assert [sizes[place % len(sizes)] for place in range(len(pages) - 1)][: len(pages) - 2] == [
        len(page) for page in pages[:-2]
    ]


@quick
@given(
    st.lists(products, max_size=30),
    queries,
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.lists(writes, max_size=6),
)
def test_under_writes_nothing_is_shown_twice_and_nothing_left_out(stock, query, sizes, changes):
    """What was neither written nor removed in between is shown; of groups, one that is of it when it is shown."""
    shop = Shop()
    for product in stock:
        shop.write(product)
    before = [Product.FromString(record.record) for record in shop.stored.values()]

    pages = shop.chain(query, sizes, changes)

    assert all(len(page) <= sizes[place % len(sizes)] for place, page in enumerate(pages))
    shown = [product for page in pages for product in page]
    written = {change if isinstance(change, str) else change.id for some in changes for change in some}
    assert {1} >= set(Counter(product.id for product in shown).values())
    assert {1} >= set(Counter(name(query, product) for product in shown).values())
    assert all(passes(query, product) for product in shown)
    untouched = {name(query, each) for each in before if each.id not in written and passes(query, each)}
    assert set() == untouched - {name(query, product) for product in shown}


@quick
@given(st.lists(products, min_size=1, max_size=30), queries, st.integers(1, 5))
def test_pages_go_on_in_one_order(stock, query, size):
    """Small pages show what one large page shows, as long as it is of one pool."""
    shop = Shop()
    for product in stock:
        shop.write(product)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "POOL_MIN", 100)
        (whole, *_) = shop.chain(query, [100], ())
        pages = shop.chain(query, [size], ())

    assert whole == [product for page in pages for product in page]


def variant(product_id: str, group: str, title: str = "red mug") -> Product:
    return Product(id=product_id, group_id=group, title=title)


class TestGroups:
    query = Query(
        "default",
        (Part(Content(Modality.TEXT, "parts[0].text", text="red mug")),),
        1,
        FusionStrategy.LEARNED,
        SimilarityMetric.COSINE,
        None,
        None,
        grouped=True,
        fingerprint=FINGERPRINT,
    )

    def pages(self, stock, sizes, changes):
        shop = Shop()
        for each in stock:
            shop.write(each)
        pages = shop.chain(self.query, sizes, changes)
        return [[product.id for product in page] for page in pages]

    def test_a_group_whose_best_is_gone_is_shown_by_another(self):
        """At the same place."""
        stock = [variant("a", "g1"), variant("b1", "g2"), variant("b2", "g2", "red hat"), variant("c", "g3")]

        assert [["a"], ["b2"], ["c"]] == self.pages(stock, [1], [["b1"]])[:3]

    def test_what_was_shown_does_not_hide_the_group_that_it_joined(self):
        """The others of that group were there all along; it is found when the first pool is used up."""
        rest = [variant(f"c{number}", f"g{number}", "red") for number in range(3)]
        stock = [variant("a", "g8"), *rest, variant("d", "g9", "shoe")]

        pages = self.pages(stock, [1], [[variant("a", "g9")]])

        assert [["a"], ["c0"], ["c1"], ["c2"], ["d"]] == pages[:5]

    def test_a_page_is_never_longer_than_asked_for(self):
        """What left its group and who stands for that group now go to two pages where one has no room for both."""
        stock = [variant("a", "g1"), variant("b1", "g2"), variant("b2", "g2", "red hat"), variant("c", "g3")]

        pages = self.pages(stock, [1], [[variant("b1", "")]])

        assert [["a"], ["b2"], ["b1"], ["c"]] == pages[:4]

    def test_what_stood_for_a_group_is_not_shown_again_in_another(self):
        """It took the place of the best; then it moved on."""
        stock = [variant("a", "g1"), variant("b1", "g2"), variant("b2", "g2", "red hat")]
        stock += [variant(f"c{number}", f"g{number}", "red") for number in (3, 4)]

        pages = self.pages(stock, [1], [["b1"], [variant("b2", "g7", "red hat")]])

        assert ["a", "b2", "c3", "c4"] == [product for page in pages for product in page]


def test_a_chain_ends_after_1000_products():
    """However many there are."""
    shop = Shop()
    for number in range(1100):
        shop.write(Product(id=f"{number:04}", title="red mug"))
    query = Query(
        "default",
        (Part(Content(Modality.TEXT, "parts[0].text", text="mug")),),
        100,
        FusionStrategy.LEARNED,
        SimilarityMetric.COSINE,
        None,
        None,
        fingerprint=FINGERPRINT,
    )

    pages = shop.chain(query, [100], ())

    assert [100] * 10 == [len(page) for page in pages]
    assert 1000 == len({product.id for page in pages for product in page})


def test_a_page_does_not_cost_a_call_for_each_product_that_is_gone():
    """A hundred that were found are removed before the second page is asked for."""
    shop = Shop()
    for number in range(150):
        shop.write(Product(id=f"{number:04}", title="red mug"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "POOL_MIN", 120)
        gone = [f"{number:04}" for number in range(1, 110)]

        first, second, *_ = shop.chain(replace(TestGroups.query, grouped=False), [1], [gone])

    assert ["0000", "0110"] == [product.id for product in (*first, *second)]
    looked_at = [each.only_ids for each in shop.rooms.index.searches if each.only_ids]
    assert 7 == next(number for number, ids in enumerate(looked_at, start=1) if "0110" in ids)


@pytest.mark.parametrize("stock", [4, 8])
def test_a_chain_that_has_exactly_what_the_first_pool_had_ends(stock):
    """The index is asked for more, and has none."""
    shop = Shop()
    for number in range(stock):
        shop.write(Product(id=f"{number}", title="red mug"))

    pages = shop.chain(TestGroups.query, [4], ())

    assert [str(number) for number in range(stock)] == [product.id for page in pages for product in page]
