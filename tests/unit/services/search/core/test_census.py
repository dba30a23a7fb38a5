"""Counting all vectors, over the index in memory."""

import asyncio

import numpy as np

from services.search.adapters.in_memory import InMemoryIndex
from services.search.core.census import Census
from services.search.core.model import Facts, Row, RowKey
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import Unavailable
from triptych.vocabulary.vectors import Space

SPACE = Space("test-1/fused", 2, SimilarityMetric.COSINE, unit_length=True)


async def index_of(catalogs) -> InMemoryIndex:
    index = InMemoryIndex()
    for catalog, count in catalogs.items():
        collection = await index.create(catalog, SpaceKind.FUSED, SPACE)
        rows = [Row(RowKey(f"p{n}", 0), b"", np.ones(2, np.float32), Facts()) for n in range(count)]
        await index.upsert(collection, rows)
    return index


async def counted(index, **options):
    told = []
    await Census(index, lambda *found: told.append(found), 60, **options).once()
    return told


async def test_counts_each_catalogue_by_space():
    """One report of all."""
    index = await index_of({"a": 3, "b": 1})

    assert [(2, {("a", SpaceKind.FUSED): 3, ("b", SpaceKind.FUSED): 1})] == await counted(index)


async def test_counts_no_more_catalogues_than_its_bound():
    """The first by name; how many there are is told all the same."""
    index = await index_of({"c": 1, "b": 2, "a": 3})

    assert [(3, {("a", SpaceKind.FUSED): 3, ("b", SpaceKind.FUSED): 2})] == await counted(
        index, catalogs_max=2
    )


async def test_goes_on_after_a_failure():
    """A store that is away once is asked again."""
    index = await index_of({"a": 1})
    reported = asyncio.Event()
    failures = iter([Unavailable.because_of("milvus")])
    catalogs = index.catalogs

    async def at_second_asking():
        for failure in failures:
            raise failure
        return await catalogs()

    index.catalogs = at_second_asking
    census = Census(index, lambda *_: reported.set(), 0.01)
    census.start()

    async with asyncio.timeout(5):
        await reported.wait()
    await census.stop()


async def test_counts_never_where_it_is_told_so():
    """No task is started."""
    census = Census(await index_of({"a": 1}), lambda *_: None, 0)
    census.start()

    assert census._task is None
    await census.stop()
