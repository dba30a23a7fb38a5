"""A shop over each implementation of `VectorIndex`: in memory, Milvus, Milvus Lite."""

import functools
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.directory import Directory
from services.search.adapters.milvus.index import MilvusIndex
from services.search.adapters.products import PackedProducts
from services.search.core.keeper import Keeper
from services.search.core.model import Facts, Found, ProductRecord, ProductVector
from services.search.core.ports.vectors import VectorIndex
from services.search.core.query import SearchQuery
from services.search.core.searcher import Searcher
from services.search.core.stores import Stores
from services.search.core.writing import Written
from services.search.translate_facts import facts_of
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import Space, Vector, unit

PACK = "test-1"
Views = Mapping[SpaceKind, Sequence[Sequence[float]]]


class Shop:
    """A catalogue of its own in *index*, and short ways to write, search and read in it."""

    def __init__(
        self,
        index: VectorIndex,
        dimension: int = 4,
        metric: SimilarityMetric = SimilarityMetric.COSINE,
        *,
        unit_length: bool = True,
        catalog: str = "",
    ) -> None:
        self.index = index
        words = InMemoryLexicalIndex()
        self.keeper = Keeper(index, words, PackedProducts())
        self.searcher = Searcher(Stores(index, words, InMemoryFieldIndex(words), facts_of))
        self.catalog = catalog or f"t{uuid.uuid4().hex[:12]}"
        self.spaces = {
            kind: Space(f"{PACK}/{kind.name.lower()}", dimension, metric, unit_length) for kind in SpaceKind
        }

    def vector(self, kind: SpaceKind, values: Sequence[float]) -> Vector:
        space = self.spaces[kind]
        numbers = np.array(values, np.float32)
        return Vector(unit(numbers) if space.unit_length else numbers, space.id)

    def record(
        self, product_id: str, views: Views, product: bytes = b"", facts: Facts | None = None
    ) -> ProductRecord:
        vectors = tuple(
            ProductVector(kind, view, self.vector(kind, values))
            for kind, each in views.items()
            for view, values in enumerate(each)
        )
        return ProductRecord(product_id, product or product_id.encode(), vectors, facts or Facts())

    async def put(self, product_id: str, views: Views, product: bytes = b"") -> None:
        (outcome,) = await self.write([self.record(product_id, views, product)])
        assert isinstance(outcome, Written)

    async def write(self, records: Sequence[ProductRecord]) -> list[Written | TriptychError]:
        return await self.keeper.write(self.catalog, self.spaces, records)

    async def search(
        self,
        kind: SpaceKind,
        values: Sequence[float],
        metric: SimilarityMetric = SimilarityMetric.COSINE,
        limit: int = 10,
        query_kind: SpaceKind | None = None,
        *,
        with_vectors: bool = False,
        compared: Sequence[SpaceKind] = (),
    ) -> Found:
        return await self.searcher.search(
            SearchQuery(
                self.catalog,
                kind,
                metric,
                limit,
                vector=self.vector(query_kind or kind, values),
                with_vectors=with_vectors,
                compared=tuple(compared),
            )
        )

    async def ids(self, kind: SpaceKind, values: Sequence[float], **wishes: object) -> list[str]:
        found = await self.search(kind, values, **wishes)  # type: ignore[arg-type]
        return [hit.id for hit in found.hits]

    async def products(self, ids: Sequence[str]) -> dict[str, bytes]:
        rows, _ = await self.keeper.read(self.catalog, ids, with_vectors=False)
        return {row.key.product_id: row.product for row in rows}


def milvus_index(connection: MilvusConnection) -> MilvusIndex:
    directory = Directory(connection, memory_ms=5_000, hnsw_m=16, hnsw_ef_construction=200)
    # Strong: the tests look at once for what they wrote.
    return MilvusIndex(connection, directory, search_ef=128, consistency="strong")


@pytest.fixture(scope="session")
async def milvus_connection(milvus: str) -> AsyncIterator[MilvusConnection]:
    connection = MilvusConnection(milvus)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def lite_connection(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MilvusConnection]:
    path: Path = tmp_path_factory.mktemp("lite") / "search.db"
    connection = MilvusConnection(str(path))
    yield connection
    await connection.close()


@pytest.fixture(scope="session", params=["in_memory", "milvus", "milvus_lite"])
def index(request: pytest.FixtureRequest) -> VectorIndex:
    """Every test that uses this runs against all three."""
    if request.param == "in_memory":
        return InMemoryIndex()
    name = "milvus_connection" if request.param == "milvus" else "lite_connection"
    return milvus_index(request.getfixturevalue(name))


@pytest.fixture(scope="session")
def new_shop(index: VectorIndex) -> Callable[..., Shop]:
    """Makes catalogues of other spaces."""
    return functools.partial(Shop, index)


@pytest.fixture
def milvus_shop(milvus_connection: MilvusConnection) -> Callable[..., Shop]:
    """Makes catalogues in Milvus."""
    return functools.partial(Shop, milvus_index(milvus_connection))


@pytest.fixture
def shop_over() -> Callable[[MilvusConnection], Shop]:
    """Opens a catalogue over a connection of the test's own."""
    return lambda connection: Shop(milvus_index(connection))


@pytest.fixture
def shop_of() -> Callable[[VectorIndex], Shop]:
    """Opens a catalogue of the test's own in an index of its own."""
    return Shop


@pytest.fixture
def exact_shop() -> Callable[..., Shop]:
    """Makes catalogues in memory."""
    return functools.partial(Shop, InMemoryIndex())


@pytest.fixture(scope="session")
def shared_shop(index: VectorIndex) -> Shop:
    """One catalogue for all tests that look at nothing but their own products: a new one takes Milvus seconds."""
    return Shop(index)


@pytest.fixture
def shop(index: VectorIndex) -> Shop:
    """A catalogue of the test's own; it does not exist before the first write."""
    return Shop(index)
