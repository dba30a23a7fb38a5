"""Filling a generation, page by page, and the worker that has it done: what needs no room."""

import asyncio

import pytest

from gateway.core.model.catalog import ProductRecord
from gateway.core.upgrade.backfill import (
    PAGE_CONTENTS,
    PAGE_PRODUCTS,
    PAGES_AT_ONCE,
    SEEN_AT_ONCE,
    SEEN_AT_ONCE_MAX,
    Backfill,
    Filled,
)
from gateway.core.upgrade.model import Beside, Pair, Upgrade
from gateway.core.upgrade.worker import Worker
from triptych.runtime.context import remaining_s, request
from triptych.vocabulary.errors import Reason, Unavailable


class Store:
    """Has products by numbers, of which some are *there* in the other generation."""

    def __init__(self, count, there=()):
        self.ids = [f"p{number:06}" for number in range(count)]
        self.there = set(there)
        self.limits = []

    async def missing(self, catalog, after_id, limit):
        self.limits.append(limit)
        page = [each for each in self.ids if each > after_id][:limit]
        last = page[-1] if len(page) == limit else ""
        return [ProductRecord(each, b"") for each in page if each not in self.there], last

    async def backfill(self, catalog, spaces, products):
        await asyncio.sleep(0)
        new = {each.id for each in products}
        assert not new & self.there
        self.there |= new
        return [None] * len(products), len(products)


class Reencoder:
    """Gives everything vectors; counts how many pages it has at once."""

    def __init__(self):
        self.at_once = self.most = 0
        self.fails_after = None
        self.contents = 1
        self.left_s = []

    def contents_of(self, product):
        return self.contents

    async def encode(self, pair, products):
        assert len(products) * self.contents <= PAGE_CONTENTS
        assert len(products) <= PAGE_PRODUCTS
        self.left_s.append(remaining_s())
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        for _ in range(5):
            await asyncio.sleep(0)
        self.at_once -= 1
        if self.fails_after is not None:
            self.fails_after -= 1
            if self.fails_after < 0:
                raise Unavailable.because_of("encoder")
        return Beside({}, {each.id: () for each in products}), []


PAIR = Pair(None, None)


async def test_everything_missing_is_stored_once_some_pages_at_a_time():
    """What is there is passed over, and more is looked at where nothing was missing."""
    store, reencoder = Store(20_000), Reencoder()
    store.there = set(store.ids[3_000:15_000])

    filled = await Backfill(store, reencoder).run("shop", PAIR)

    assert (8_000, set(store.ids)) == (filled.stored, store.there)
    assert PAGES_AT_ONCE == reencoder.most
    assert [SEEN_AT_ONCE] * 4 + [SEEN_AT_ONCE_MAX] * 3 == store.limits[:7]
    assert Filled(0, ()) == await Backfill(store, reencoder).run("shop", PAIR)


async def test_products_of_many_pictures_go_in_smaller_pages_that_have_their_time():
    """The encoder has room for all pages at once; a call outside any request would have ten seconds."""
    store, reencoder = Store(100), Reencoder()
    reencoder.contents = 30

    filled = await Backfill(store, reencoder, lambda: request(None, 120)).run("shop", PAIR)

    assert 100 == filled.stored
    assert 17 == len(reencoder.left_s)
    assert 100 < min(reencoder.left_s)


async def test_a_pass_that_broke_off_is_gone_on_with():
    """The rooms' own error comes out, nothing is left running, and what was stored is not encoded again."""
    store, reencoder = Store(3_000), Reencoder()
    reencoder.fails_after = 12

    with pytest.raises(Unavailable):
        await Backfill(store, reencoder).run("shop", PAIR)
    stored = len(store.there)
    assert 0 < stored < 3_000

    reencoder.fails_after = None
    assert 3_000 - stored == (await Backfill(store, reencoder).run("shop", PAIR)).stored


async def test_a_worker_that_is_woken_looks_at_once():
    """What was asked for just now does not wait for the next look."""
    looked = asyncio.Queue()

    class Upgrades:
        async def upgrades(self):
            looked.put_nowait(None)
            return []

    worker = Worker(None, Upgrades(), lambda upgrade, error: None, tick_s=3_600)
    worker.start()
    async with asyncio.timeout(5):
        await looked.get()
        worker.wake()
        await looked.get()
    await worker.stop()


async def test_a_fault_of_ours_ends_neither_the_worker_nor_other_upgrades():
    """It is told and tried again, and what else is to be done is done."""
    worked, told = asyncio.Queue(), []

    class Upgrades:
        async def upgrades(self):
            return [Upgrade("broken", "old", "new"), Upgrade("sound", "old", "new")]

        async def hold(self, catalog, seconds):
            return True

        async def describe(self, catalog, *, counted):
            raise Unavailable.because_of("milvus")

    class Advancer:
        async def work(self, catalog):
            worked.put_nowait(catalog)
            if catalog == "broken":
                raise ValueError("a fault of ours")

    def report(upgrade, error):
        told.append((upgrade.catalog, error and error.reason))

    worker = Worker(Advancer(), Upgrades(), report, tick_s=0)
    worker.start()
    async with asyncio.timeout(5):
        looked_at = [await worked.get() for _ in range(4)]
    await worker.stop()

    assert ["broken", "sound", "broken", "sound"] == looked_at
    assert [("broken", Reason.INTERNAL), ("sound", None)] == told[:2]
