"""A disk that is full: said clearly, waited for, and nothing acknowledged is lost. A disk in memory stands for it."""

import numpy as np
import pytest

from gateway.core.ingest.model import Acks, BackOff, Finished, Item, Limits
from gateway.core.ingest.stream import Stream
from gateway.core.model.catalog import NewProduct
from gateway.core.model.writes import Written
from services.search.adapters.sqlite.lexical import SqliteLexicalIndex
from services.search.adapters.sqlite.store import SqliteStore
from services.search.core.model import Facts
from triptych.vocabulary.errors import Reason, ResourceExhausted

LIMITS = Limits(window_items=64, batch_items=16, batches=2, linger_s=0.005, patience_s=0.5)
WORDS = [f"word{n}" for n in range(4000)]


def facts(sequence: int) -> Facts:
    chosen = np.random.default_rng(sequence).choice(WORDS, 200)
    return Facts(title=f"mug {sequence}", description=" ".join(chosen))


class Shop:
    """The lexical index on the disk, and what a stream to it was told."""

    def __init__(self, folder):
        self.store = SqliteStore(folder / "lexical.db")
        self.lexical = SqliteLexicalIndex(self.store)
        self.told = []
        self.on_back_off = lambda: None

    async def write(self, products):
        await self.lexical.write("shop", {each.id: facts(int(each.id)) for each in products})
        return [Written()] * len(products)

    async def tell(self, told):
        self.told.append(told)
        if isinstance(told, BackOff):
            self.on_back_off()

    async def run(self, count: int, limits: Limits = LIMITS) -> Finished:
        async def incoming():
            for n in range(1, count + 1):
                yield [Item(n, str(n), NewProduct(str(n), b"", ()), 100)]

        return await Stream(self.write, self.tell, limits).run(incoming())

    @property
    def acknowledged(self) -> set[str]:
        return {ack.item.id for told in self.told if isinstance(told, Acks) for ack in told.acks}

    async def missing(self) -> set[str]:
        """Those acknowledged that the file, opened anew, does not hold."""
        store = SqliteStore(self.store.path)
        try:
            return await SqliteLexicalIndex(store).differing(
                "shop", {each: facts(int(each)) for each in self.acknowledged}
            )
        finally:
            await store.close()


async def test_a_stream_waits_until_the_disk_has_room(disk):
    """The client is asked to send less, STORAGE_FULL; once there is room, everything is stored."""
    shop = Shop(disk("size=1m"))
    shop.on_back_off = lambda: disk("size=64m")

    finished = await shop.run(800, Limits(**{**LIMITS.__dict__, "patience_s": 30.0}))
    await shop.store.close()

    back_offs = [told.reason.reason for told in shop.told if isinstance(told, BackOff)]
    assert {Reason.STORAGE_FULL} == set(back_offs)
    assert Finished(800, 0) == finished
    assert (800, set()) == (len(shop.acknowledged), await shop.missing())


async def test_a_disk_that_stays_full_ends_the_stream(disk):
    """STORAGE_FULL; what was acknowledged is in the file, and is found by whoever opens it."""
    shop = Shop(disk("size=1m"))

    with pytest.raises(ResourceExhausted) as caught:
        await shop.run(800)
    await shop.store.close()

    assert Reason.STORAGE_FULL == caught.value.reason
    assert 0 < len(shop.acknowledged) < 800
    assert set() == await shop.missing()
