"""How far an upgrade is, as it is told while it goes on."""

import asyncio

import pytest

from gateway.core.upgrade.conductor import Conductor
from gateway.core.upgrade.model import Generation, Generations, Phase, Upgrade
from gateway.core.upgrade.notes import Notes
from gateway.core.upgrade.worker import Worker
from triptych.vocabulary.errors import Unavailable


class Store:
    """One catalogue of 100 products whose upgrade is noted once, at its beginning; *done* of them have new vectors."""

    def __init__(self, phase=Phase.BACKFILLING):
        self.noted, self.done, self.is_away = Upgrade("shop", "old", "new", phase=phase), 0, False

    async def upgrades(self):
        return [self.noted]

    async def hold(self, catalog, seconds):
        return True

    async def describe(self, catalog, *, counted):
        if self.is_away:
            raise Unavailable.because_of("milvus")
        return Generations(Generation("1", "old", 100), Generation("2", "new", self.done), self.noted)


def made(store: Store) -> Conductor:
    return Conductor(store, None, Notes(store))


async def test_a_list_of_upgrades_counts_those_under_way():
    """As the one does that is asked for by name."""
    store = Store()
    store.done = 40

    assert [(100, 40)] == [(each.product_count, each.upgraded_count) for each in await made(store).all()]


async def test_a_list_tells_what_is_noted_where_nothing_can_be_counted():
    """One catalogue that cannot be asked does not hide the others."""
    store = Store()
    store.is_away = True

    assert [store.noted] == await made(store).all()


@pytest.mark.parametrize("phase", [Phase.FINISHED, Phase.CANCELLED])
async def test_what_has_ended_is_not_counted(phase):
    """The note is the last that is known of it."""
    store = Store(phase)
    store.done = 40

    assert [store.noted] == await made(store).all()


async def test_a_pass_that_takes_long_tells_how_far_it_is():
    """What is missing falls while the pass goes on, and not only at its end."""
    store, told, over = Store(), [], asyncio.Event()

    class Advancer:
        async def work(self, catalog):
            for store.done in (20, 60):
                while not told or told[-1] != 100 - store.done:
                    await asyncio.sleep(0.005)
            over.set()

    worker = Worker(Advancer(), store, lambda upgrade, error: told.append(upgrade.missing_count), tick_s=0.01)
    worker.start()
    async with asyncio.timeout(5):
        await over.wait()
    await worker.stop()

    assert {80, 40} <= set(told)
