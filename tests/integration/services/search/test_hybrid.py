"""Finding by vectors and words on real engines, against the same in memory, where everything is compared one by one."""

from collections.abc import AsyncIterator

import numpy as np
import pytest

from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.adapters.products import PackedProducts
from services.search.adapters.sqlite.fields import SqliteFieldIndex
from services.search.adapters.sqlite.lexical import SqliteLexicalIndex
from services.search.adapters.sqlite.store import SqliteStore
from services.search.core.keeper import Keeper
from services.search.core.model import Found, ProductRecord, ProductVector
from services.search.core.query import ExcludedVector, FacetWish, SearchQuery
from services.search.core.searcher import Searcher
from services.search.core.stores import Stores
from services.search.translate_facts import facts_of
from tests.memory_shop import packed
from triptych.vocabulary.choices import HybridFusion, SimilarityMetric, SpaceKind
from triptych.vocabulary.vectors import Space, Vector, unit

FUSED, TEXT, IMAGE, AUDIO = SpaceKind
COSINE, EUCLIDEAN, MAHALANOBIS = SimilarityMetric
DIMENSION = 8
SPACES = {kind: Space(f"test-1/{kind.name.lower()}", DIMENSION) for kind in (FUSED, IMAGE)}
WORDS = ("red", "blue", "brass", "lamp", "shade", "table", "oak", "灯", "台灯")
CATALOG = "hybrid"
rng = np.random.default_rng(11)


def vector() -> np.ndarray:
    return unit(rng.normal(size=DIMENSION))


def record(product_id: str) -> ProductRecord:
    product = packed(
        product_id,
        title=" ".join(rng.choice(WORDS, size=rng.integers(1, 5))),
        brand=str(rng.choice(["A", "B", "C"])),
        group_id=str(rng.choice(["", "", "g1", "g2", "g3"])),
        price=float(rng.choice([5, 10, 19.99, 50])),
        colour=str(rng.choice(["red", "blue"])),
        sku=f"SKU {product_id}",
        stars=int(rng.integers(1, 6)),
    )
    views = [ProductVector(FUSED, 0, Vector(vector(), SPACES[FUSED].id))]
    views += [
        ProductVector(IMAGE, view, Vector(vector(), SPACES[IMAGE].id)) for view in range(rng.integers(0, 4))
    ]
    return ProductRecord(product_id, product, tuple(views), facts_of(product))


RECORDS = [record(f"p {n:02}") for n in range(80)]
QUERY = Vector(vector(), "test-1/text")
AWAY = Vector(vector(), "test-1/text")
LAMP = (("brass lamp", 1.0),)

WISHES = {
    "vectors": {},
    "filtered": {"filter": 'price < 20 AND (brand = "A" OR NOT attributes.colour = "red")'},
    "in pictures": {"space": IMAGE, "with_vectors": True},
    "by distance": {"metric": EUCLIDEAN},
    "words": {"vector": None, "texts": LAMP},
    "both": {"texts": LAMP, "lexical_weight": 0.5, "with_vectors": True},
    "both in pictures": {"space": IMAGE, "texts": (("台灯", 1.0), ("red", 2.0)), "lexical_weight": 0.4},
    "both, a few": {
        "texts": LAMP, "lexical_weight": 0.5, "filter": "price < 20", "with_vectors": True, "products_limit": 3,
    },
    "both by ranks": {"texts": LAMP, "lexical_weight": 0.5, "hybrid_fusion": HybridFusion.RANKS},
    "both, filtered, grouped": {
        "texts": LAMP, "lexical_weight": 0.5, "filter": "price < 20", "grouped": True, "counted": True,
    },
    "exact": {"texts": (("sku P 07", 1.0), ("P 33", 1.0))},
    "grouped": {"grouped": True, "counted": True},
    "excluded": {
        "excluded_ids": ("p 00", "p 01"), "excluded_variants_of": ("p 02", "p 05"), "excluded_texts": ("red lamp",),
        "excluded_vectors": (ExcludedVector(AWAY, 0.2, FUSED), ExcludedVector(AWAY, 0.6, IMAGE)), "counted": True,
    },
    "counted": {
        "filter": 'brand = "A"', "counted": True,
        "facets": (
            FacetWish("brand", exclude_own_filter=True), FacetWish("attributes.stars", bounds=(2, 4)), FacetWish("price"),
        ),
    },
    "ordered": {"order_by": "price desc", "grouped": True},
    "browsing": {"vector": None, "order_by": "attributes.stars", "filter": "price > 5"},
    "a second time": {"rescoring": MAHALANOBIS, "texts": LAMP, "lexical_weight": 0.5},
    "a second time, in pictures": {"space": IMAGE, "rescoring": EUCLIDEAN, "with_vectors": True},
    "these alone": {
        "only_ids": tuple(f"p {n:02}" for n in range(0, 100, 7)), "texts": LAMP, "lexical_weight": 0.5,
        "filter": "price < 20", "with_vectors": True, "compared": (IMAGE,), "conditions": ('brand = "A"',),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
async def lexical(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path_factory.mktemp("words") / "words.db")
    yield store
    await store.close()


@pytest.fixture(scope="module")
async def on_engines(index, lexical) -> Searcher:
    words = SqliteLexicalIndex(lexical)
    await words.warm_up()
    return await filled(Stores(index, words, SqliteFieldIndex(lexical), facts_of))


@pytest.fixture(scope="module")
async def in_memory() -> Searcher:
    words = InMemoryLexicalIndex()
    return await filled(Stores(InMemoryIndex(), words, InMemoryFieldIndex(words), facts_of))


async def filled(stores: Stores) -> Searcher:
    await Keeper(stores.vectors, stores.words, PackedProducts()).write(CATALOG, SPACES, RECORDS)
    return Searcher(stores)


async def search(searcher: Searcher, wishes: dict[str, object], limit: int = 12) -> Found:
    query = {"space": FUSED, "metric": COSINE, "vector": QUERY, "limit": limit} | wishes
    return await searcher.search(SearchQuery(CATALOG, **query))


@pytest.mark.parametrize("name", WISHES)
async def test_as_in_memory(on_engines, in_memory, name):
    """Every kind of search finds the same products in the same order with the same numbers."""
    found, expected = [await search(each, WISHES[name]) for each in (on_engines, in_memory)]

    def near(values):
        # Cosines are float32 in the engine.
        return pytest.approx(values, abs=1e-4)

    assert expected.hits
    assert [hit.id for hit in expected.hits] == [hit.id for hit in found.hits]
    for one, other in zip(expected.hits, found.hits, strict=True):
        assert (one.product, one.view, one.exact_match, one.conditions) == (
            other.product, other.view, other.exact_match, other.conditions
        )  # fmt: skip
        assert (one.group_id, one.group_others) == (other.group_id, other.group_others)
        for part in ("similarity", "lexical", "score", "vector_score", "rescored"):
            assert near(getattr(one, part)) == getattr(other, part), part
        assert near(one.elsewhere) == other.elsewhere
        assert (one.vector is None) == (other.vector is None)
        if one.vector is not None:
            np.testing.assert_allclose(one.vector.values, other.vector.values, atol=1e-6)
    assert (expected.facets, expected.total) == (found.facets, found.total)
