"""Generations on each store: two packs beside one another, switched by one alias."""

import asyncio

import pytest

from services.search.adapters.products import PackedProducts
from services.search.core.backfilling import Backfilling
from services.search.core.beside import Beside
from services.search.core.keeper import Keeper
from services.search.core.locks import ProductLocks
from services.search.core.model import ProductVector
from services.search.core.upgrading import Upgrading
from tests.memory_shop import packed
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import FailedPrecondition, InvalidArgument, Reason
from triptych.vocabulary.vectors import Space

FUSED, IMAGE = SpaceKind.FUSED, SpaceKind.IMAGE
X = (1.0, 0, 0, 0)
VIEWS = {FUSED: [X], IMAGE: [X, X]}


@pytest.fixture
def packs(new_shop):
    """The same catalogue as writers of two packs see it, and what upgrades it."""
    old, new = new_shop(), new_shop(3)
    new.catalog = old.catalog
    new.spaces = {kind: Space(f"test-2/{kind.name.lower()}", 3) for kind in SpaceKind}
    locks = ProductLocks()
    old.keeper = Keeper(old.index, old.keeper._lexical, PackedProducts(), locks)
    return old, new, Upgrading(old.index, locks), Backfilling(old.index, locks)


def by_the_new(new, product_id, count):
    views = {FUSED: [X[:3]], IMAGE: [X[:3]] * count}
    return new.record(product_id, views)


async def backfill(backfilling, new):
    page = await backfilling.missing(new.catalog, "", 100)
    records = [by_the_new(new, row.key.product_id, 2) for row in page.rows]
    return await backfilling.backfill(new.catalog, new.spaces, records)


async def test_an_upgrade_switches_all_kinds_at_once_and_back(packs):
    """Pictures and whole products are found by the one pack before, by the other after; the first of them can go."""
    old, new, upgrading, backfilling = packs
    await asyncio.gather(*(old.put(each, VIEWS) for each in ("a", "b")))
    made = await upgrading.prepare(old.catalog, new.spaces[FUSED], "note")
    assert made.generation == (await upgrading.prepare(old.catalog, new.spaces[FUSED], "note")).generation
    with pytest.raises(FailedPrecondition):
        await upgrading.switch(old.catalog, made.generation, 0)
    assert ([None, None], 2) == await backfill(backfilling, new)
    assert (2, 2) == (await upgrading.describe(old.catalog, counted=True)).counts

    await upgrading.switch(old.catalog, made.generation, 0)

    for kind in (FUSED, IMAGE):
        assert {"a", "b"} == set(await new.ids(kind, X[:3]))
        with pytest.raises(InvalidArgument) as caught:
            await old.ids(kind, X)
        assert Reason.SPACE_MISMATCH == caught.value.reason
    described = await upgrading.describe(old.catalog)
    await upgrading.switch(old.catalog, described.other.generation, 0)
    assert {"a", "b"} == set(await old.ids(IMAGE, X))
    await upgrading.switch(old.catalog, made.generation, 0)
    await upgrading.drop(old.catalog, described.other.generation)
    await upgrading.drop(old.catalog, described.other.generation)
    assert (None, "note") == ((rest := await upgrading.describe(old.catalog)).other, rest.record)
    assert {"a", "b"} == set(await new.ids(IMAGE, X[:3]))
    assert {old.catalog: "note"}.items() <= (await upgrading.noted()).items()


async def test_what_is_written_and_removed_meanwhile_is_in_both(packs):
    """With vectors of both packs in both; with those of one, the other waits to be filled."""
    old, new, upgrading, backfilling = packs
    await asyncio.gather(*(old.put(each, VIEWS) for each in ("a", "b", "c")))
    await upgrading.prepare(old.catalog, new.spaces[FUSED], "")
    await backfill(backfilling, new)
    beside = Beside(new.spaces, {"a": by_the_new(new, "a", 1).vectors})

    await old.keeper.write(old.catalog, old.spaces, [old.record("a", VIEWS, packed("later"))], beside)
    await old.keeper.write(old.catalog, old.spaces, [old.record("b", VIEWS, packed("later"))])
    await old.keeper.remove(old.catalog, ["c"])

    assert ["b"] == [row.key.product_id for row in (await backfilling.missing(old.catalog, "", 10)).rows]
    assert (2, 1) == (await upgrading.describe(old.catalog, counted=True)).counts
    assert (0, "") == await backfilling.prune(old.catalog, "", 10)


async def test_a_catalogue_is_removed_with_both_generations(packs):
    """And is empty when it is made again."""
    old, new, upgrading, backfilling = packs
    await old.put("a", VIEWS)
    await upgrading.prepare(old.catalog, new.spaces[FUSED], "")
    await backfill(backfilling, new)

    assert await old.index.drop(old.catalog)

    await new.put("b", {FUSED: [X[:3]]})
    assert {"b"} == set(await new.ids(FUSED, X[:3]))
    described = await upgrading.describe(old.catalog, counted=True)
    assert (None, (1, 0)) == (described.other, described.counts)


async def test_only_what_is_whole_is_searched_of_a_third(packs):
    """Vectors of a pack to which nothing is upgraded go nowhere."""
    old, _, upgrading, _ = packs
    await old.put("a", VIEWS)
    third = {kind: Space(f"test-3/{kind.name.lower()}", 4) for kind in SpaceKind}
    vector = ProductVector(FUSED, 0, old.vector(FUSED, X))

    await old.keeper.write(old.catalog, old.spaces, [old.record("a", VIEWS)], Beside(third, {"a": (vector,)}))

    assert (await upgrading.describe(old.catalog)).other is None
