"""Collections that come, go and change under the service; on a real Milvus."""

import asyncio

import pytest
from pymilvus.grpc_gen.milvus_pb2 import (
    AlterAliasRequest,
    AlterCollectionRequest,
    DropAliasRequest,
    DropCollectionRequest,
    ReleaseCollectionRequest,
)

from services.search.adapters.milvus.schema import (
    DROPPED_PROPERTY,
    SCHEMA_PROPERTY,
    SCHEMA_VERSION,
    generation_of,
    pairs,
)
from services.search.core.query import SearchQuery
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import FailedPrecondition, NotFound, Reason, Unavailable
from triptych.vocabulary.vectors import Space

FUSED = SpaceKind.FUSED
X = (1.0, 0, 0, 0)


async def test_a_released_collection_is_loaded_again(milvus_connection, milvus_shop):
    """A search that meets an unloaded collection is UNAVAILABLE, and the collection loads for the next one."""
    shop = milvus_shop()
    await shop.put("a", {FUSED: [X]})
    collection = await shop.index.collection(shop.catalog, FUSED)
    await milvus_connection.call(
        "ReleaseCollection", ReleaseCollectionRequest(collection_name=collection.name)
    )

    with pytest.raises(Unavailable):
        await shop.search(FUSED, X)

    assert ["a"] == await eventually(lambda: shop.ids(FUSED, X))


async def test_warm_up_loads_what_is_not_loaded(milvus_connection, milvus_shop):
    """The service is not ready before every collection is loaded, and sees to it itself."""
    shop = milvus_shop()
    await shop.put("a", {FUSED: [X]})
    collection = await shop.index.collection(shop.catalog, FUSED)
    await milvus_connection.call(
        "ReleaseCollection", ReleaseCollectionRequest(collection_name=collection.name)
    )

    with pytest.raises(Unavailable):
        await shop.index.warm_up()

    await eventually(shop.index.warm_up)
    assert ["a"] == await shop.ids(FUSED, X)


async def test_searches_follow_a_moved_alias(milvus_connection, milvus_shop):
    """A new model version is built beside the old one; when the alias moves, its vectors are found at once."""
    shop = milvus_shop()
    await shop.put("a", {FUSED: [X]}, b"old model")
    beside = milvus_shop()
    beside.spaces = {kind: Space(f"test-2/{kind.name.lower()}", 4) for kind in SpaceKind}
    await beside.put("a", {FUSED: [X]}, b"new model")
    new = await beside.index.collection(beside.catalog, FUSED)

    request = AlterAliasRequest(collection_name=new.name, alias=f"{shop.catalog}__fused")
    await milvus_connection.call("AlterAlias", request)

    vector = beside.vector(FUSED, X)
    found = await shop.searcher.search(
        SearchQuery(shop.catalog, FUSED, SimilarityMetric.COSINE, 1, vector=vector)
    )
    assert [b"new model"] == [hit.product for hit in found.hits]
    assert (new.name, "test-2/fused") == (found.collection.name, found.collection.space.id)


async def test_two_services_that_make_a_catalogue_at_once(milvus_connection, shop_over):
    """Each writes to what the other has made."""
    one, other = shop_over(milvus_connection), shop_over(milvus_connection)
    other.catalog = one.catalog

    await asyncio.gather(one.put("a", {FUSED: [X]}), other.put("b", {FUSED: [X]}))

    assert {"a", "b"} == set(await one.products(["a", "b"]))


async def test_a_dropped_catalogue_is_forgotten(milvus_connection, milvus_shop):
    """What the service remembers of a catalogue does not outlive it."""
    shop = milvus_shop()
    await shop.put("a", {FUSED: [X]})
    collection = await shop.index.collection(shop.catalog, FUSED)
    await milvus_connection.call("DropAlias", DropAliasRequest(alias=f"{shop.catalog}__fused"))
    await milvus_connection.call("DropCollection", DropCollectionRequest(collection_name=collection.name))

    with pytest.raises(NotFound):
        await shop.search(FUSED, X)


async def test_a_catalogue_of_another_version_is_named_and_leaves_the_others_alone(
    milvus_connection, milvus_shop, shop_over
):
    """It is neither searched nor written to; whatever else there is is served."""
    shop = milvus_shop()
    await shop.put("a", {FUSED: [X]})
    collection = await shop.index.collection(shop.catalog, FUSED)
    version = AlterCollectionRequest(
        collection_name=collection.name, properties=pairs(**{SCHEMA_PROPERTY: "1"})
    )
    await milvus_connection.call("AlterCollection", version)
    later = shop_over(milvus_connection)
    later.catalog = shop.catalog

    for call in (later.search(FUSED, X), later.put("a", {FUSED: [X]}), later.products(["a"])):
        with pytest.raises(FailedPrecondition) as caught:
            await call
        assert (Reason.CATALOG_OUTDATED, shop.catalog) == (
            caught.value.reason,
            caught.value.metadata["catalog"],
        )

    await later.index.warm_up()
    assert shop.catalog not in await later.keeper.catalogs()
    assert shop.catalog in await later.keeper.unreadable()
    await milvus_connection.call(
        "AlterCollection",
        AlterCollectionRequest(
            collection_name=collection.name, properties=pairs(**{SCHEMA_PROPERTY: SCHEMA_VERSION})
        ),
    )
    assert ["a"] == await later.ids(FUSED, X)
    assert shop.catalog not in await later.keeper.unreadable()


async def eventually(call):
    """Repeat *call* while the answer is UNAVAILABLE."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await call()
            except Unavailable:
                await asyncio.sleep(0.2)


async def test_a_removal_that_broke_off_brings_nothing_back(milvus_connection, milvus_shop):
    """A collection that lost its alias while its catalogue was removed is not taken for that of the next one."""
    shop = milvus_shop()
    await shop.put("old", {FUSED: [X]})
    collection = await shop.index.collection(shop.catalog, FUSED)
    alias = f"{shop.catalog}__fused"
    mark = AlterCollectionRequest(collection_name=collection.name, properties=pairs(**{DROPPED_PROPERTY: 1}))
    await milvus_connection.call("AlterCollection", mark)
    await milvus_connection.call("DropAlias", DropAliasRequest(alias=alias))

    await shop.put("new", {FUSED: [X]})

    assert {"new": b"new"} == await shop.products(["old", "new"])


class HaltingConnection:
    """Breaks off before it drops the collection *name*."""

    def __init__(self, connection, name):
        self.is_exhaustive = connection.is_exhaustive
        self._connection, self._name = connection, name

    async def call(self, method, request):
        if method == "DropCollection" and request.collection_name == self._name:
            raise Unavailable.because_of("milvus")
        return await self._connection.call(method, request)


@pytest.mark.parametrize("pack", ["test-1", "test-2"])
async def test_the_generation_that_serves_is_removed_last(milvus_connection, milvus_shop, shop_over, pack):
    """Of a removal that broke off, no other generation is left whole, for the next catalogue of the name to begin with."""
    shop = milvus_shop()
    await shop.put("old", {FUSED: [X]})
    beside = await shop.index.create(shop.catalog, FUSED, Space("test-2/fused", 4))
    if pack == "test-2":
        await shop.index.switch(beside)
    serving = await shop.index.collection(shop.catalog, FUSED, fresh=True)
    (other,) = {"test-1", "test-2"} - {pack}

    with pytest.raises(Unavailable):
        await shop_over(HaltingConnection(milvus_connection, serving.name)).index.drop(shop.catalog)

    assert pack == serving.space.pack
    generation = generation_of(Space(f"{other}/fused", 4))
    assert await shop.index.collection(shop.catalog, FUSED, generation=generation, fresh=True) is None
    assert await shop.index.drop(shop.catalog)
