"""The contract of `LexicalIndex` and `FieldIndex` in Milvus: words in Milvus Lite, fields in both.

Milvus 2.3 has no BM25: it is said so, and its fields are counted all the same.
"""

import numpy as np
import pytest

from services.search.adapters.in_memory_lexical import InMemoryLexicalIndex
from services.search.adapters.milvus.directory import Directory
from services.search.adapters.milvus.fields import MilvusFieldIndex
from services.search.adapters.milvus.index import MilvusIndex
from services.search.adapters.milvus.lexical.collections import WordsCollections
from services.search.adapters.milvus.lexical.index import MilvusLexicalIndex
from services.search.adapters.products import PackedProducts
from services.search.adapters.sqlite.fields import SqliteFieldIndex
from services.search.adapters.sqlite.lexical import SqliteLexicalIndex
from services.search.adapters.sqlite.store import SqliteStore
from services.search.core.filters.model import Compare, Field, Order
from services.search.core.keeper import Keeper
from services.search.core.locks import KeyedLocks
from services.search.core.model import Count, Facts, ProductRecord, ProductVector
from services.search.core.refill import Refill
from services.search.core.writing import Written
from tests.lexical_contract import FieldContract, LexicalContract, Shelf
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import Unavailable
from triptych.vocabulary.vectors import Space, Vector

SPACES = {SpaceKind.FUSED: Space("test-1/fused", 2)}


class MilvusShelf(Shelf):
    """Writes through the keeper: fields are counted in the record."""

    def __init__(self, connection, *, has_bm25, rows_max=100_000):
        self.directory = Directory(connection, memory_ms=5_000, hnsw_m=16, hnsw_ef_construction=200)
        self.collections = WordsCollections(connection)
        words = MilvusLexicalIndex(connection, self.collections, consistency="strong")
        fields = MilvusFieldIndex(
            connection, self.directory, self._facts_of, consistency="strong", rows_max=rows_max
        )
        super().__init__(words if has_bm25 else InMemoryLexicalIndex(), fields)
        index = MilvusIndex(connection, self.directory, search_ef=128, consistency="strong")
        self.keeper = Keeper(index, self.lexical, PackedProducts())
        self.products = {}

    async def put(self, products):
        self.products |= products
        vector = ProductVector(SpaceKind.FUSED, 0, Vector(np.array([1, 0], np.float32), "test-1/fused"))
        records = [ProductRecord(each, each.encode(), (vector,), facts) for each, facts in products.items()]
        assert all(
            isinstance(each, Written) for each in await self.keeper.write(self.catalog, SPACES, records)
        )

    async def remove(self, ids):
        await self.keeper.remove(self.catalog, ids)

    def _facts_of(self, product):
        return self.products[product.decode()]


class TestMilvusLite(LexicalContract, FieldContract):
    # Its segments weigh words each for itself, and its weights are never below 0.
    computes_as_fts5 = False

    @pytest.fixture
    def shelf(self, lite_connection):
        return MilvusShelf(lite_connection, has_bm25=True)

    async def test_scores_are_those_of_match(self, shelf):
        """The same products have scores; not the same ones, since Milvus Lite weighs words among those asked for."""
        await shelf.titles(
            a="red wool hat", b="red hat", c="blue coat", d="green scarf", e="grey gloves", f="belt"
        )
        scores = await shelf.lexical.scores(shelf.catalog, "red wool", ["b", "a", "c", "nobody"])
        assert {"a", "b"} == scores.keys()
        assert scores["a"] > scores["b"] > 0

    async def test_which_catalogues_are_whole(self, shelf):
        """A catalogue is complete from its first product until it is forgotten with all its words."""
        await shelf.titles(a="hat")
        assert shelf.catalog in await shelf.lexical.complete_catalogs()
        assert ["a"] == await shelf.found("hat")
        await shelf.lexical.forget(shelf.catalog)
        await shelf.lexical.forget(shelf.catalog)
        assert shelf.catalog not in await shelf.lexical.complete_catalogs()
        assert [] == await shelf.found("hat")
        await shelf.titles(b="hat")
        assert ["b"] == await shelf.found("hat")
        assert shelf.catalog not in await shelf.lexical.complete_catalogs()

    async def test_warm_up_passes(self, shelf):
        """Milvus Lite has BM25."""
        await shelf.titles(a="hat")
        await shelf.lexical.warm_up()

    async def test_one_that_another_replica_removed_is_made_anew(self, shelf, lite_connection):
        """Whichever of the two is the first to write to the next catalogue of the name."""
        await shelf.titles(a="hat")
        other = MilvusLexicalIndex(lite_connection, WordsCollections(lite_connection), consistency="strong")
        await other.forget(shelf.catalog)

        await shelf.lexical.write(shelf.catalog, {"b": Facts(title="hat")})
        assert ["b"] == [each for each, _ in await other.match(shelf.catalog, "hat", 10)]

        await other.forget(shelf.catalog)
        await shelf.lexical.complete(shelf.catalog)
        assert shelf.catalog in await other.complete_catalogs()


class TestMilvusServer(FieldContract):
    @pytest.fixture
    def shelf(self, milvus_connection):
        return MilvusShelf(milvus_connection, has_bm25=False)

    async def test_bm25_is_refused_at_the_start(self, shelf, milvus_connection):
        """A server without BM25 is named, with what to do."""
        words = MilvusLexicalIndex(milvus_connection, shelf.collections, consistency="strong")
        with pytest.raises(Unavailable, match=r"has no BM25.*TRIPTYCH_SEARCH_LEXICAL=sqlite"):
            await words.warm_up()


async def test_counts_of_too_many_products_are_not_exact(lite_connection):
    """What was not looked through is not counted, and the count says so."""
    shelf = MilvusShelf(lite_connection, has_bm25=False, rows_max=4)
    await shelf.put({f"p{n}": Facts(brand="A", group_id="g") for n in range(4)})
    brands = await shelf.fields.values(shelf.catalog, Field("brand"), None)
    assert ((("A", 4),), True) == (brands.counts, brands.is_exact)
    await shelf.put({"p4": Facts(brand="A")})
    brands = await shelf.fields.values(shelf.catalog, Field("brand"), None)
    assert ((("A", 4),), False) == (brands.counts, brands.is_exact)
    assert not (await shelf.fields.count(shelf.catalog, None, by_group=True)).is_exact
    assert Count(5) == await shelf.fields.count(shelf.catalog, None)


async def test_sizes_of_groups_are_exact_however_many_products_they_have(lite_connection):
    """Read where few are, counted one by one where not."""
    shelf = MilvusShelf(lite_connection, has_bm25=False, rows_max=4)
    await shelf.put({f"p{n}": Facts(group_id="g" if n < 6 else "h", price=float(n)) for n in range(9)})
    sizes, cheap = shelf.fields.group_sizes, Compare(Field("price"), Order.BELOW, 8.0)

    assert {"g": 6, "h": 3} == await sizes(shelf.catalog, ["g", "h", "nobody"], None)
    assert {"g": 6, "h": 2} == await sizes(shelf.catalog, ["g", "h"], cheap)
    assert {"h": 3} == await sizes(shelf.catalog, ["h"], None)


@pytest.mark.parametrize("descending", [True, False])
async def test_the_first_by_a_number_are_exact_however_many_there_are(lite_connection, descending):
    """Wherever they stand in the store; also where most lack the number, or many have the same."""
    shelf = MilvusShelf(lite_connection, has_bm25=False, rows_max=8)
    numbers = {f"p{n:02}": float((n * 17) % 40) for n in range(40)}
    products = {each: Facts(price=price) for each, price in numbers.items()}
    await shelf.put(products | {f"a{n:02}": Facts(attributes={"size": 3.0}) for n in range(20)})

    async def first(limit, field="price", **more):
        return await shelf.fields.ordered(
            shelf.catalog, Field(field, **more), limit, None, descending=descending
        )

    expected = sorted(numbers, key=numbers.get, reverse=descending)
    assert expected[:1] == await first(1)
    assert expected[:8] == await first(8)
    sizes = await first(4, "size", is_attribute=True)
    assert 4 == len({each for each in sizes if each.startswith("a")})


async def test_a_file_that_was_lost_is_filled_from_milvus(lite_connection, tmp_path):
    """Words and fields in SQLite come back from the record, page by page."""
    shelf = MilvusShelf(lite_connection, has_bm25=False)
    await shelf.put({f"p{n}": Facts(title="red hat", brand=f"b{n % 2}") for n in range(60)})
    store = SqliteStore(tmp_path / "lexical.db")
    lexical = SqliteLexicalIndex(store)
    index = MilvusIndex(lite_connection, shelf.directory, search_ef=128, consistency="strong")

    class OnlyThis:
        """The record, without the catalogues of other tests."""

        keys_after, read = index.keys_after, index.read

        async def catalogs(self):
            return [each for each in await index.catalogs() if each.catalog == shelf.catalog]

    await Refill(OnlyThis(), lexical, KeyedLocks(), shelf._facts_of).run()

    assert {f"p{n}" for n in range(60)} == {
        each for each, _ in await lexical.match(shelf.catalog, "hat", 100)
    }
    brands = await SqliteFieldIndex(store).values(shelf.catalog, Field("brand"), None)
    assert (("b0", 30), ("b1", 30)) == brands.counts
    assert {shelf.catalog} == await lexical.complete_catalogs()
    await store.close()
