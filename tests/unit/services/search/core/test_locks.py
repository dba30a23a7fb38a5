"""Locks by name."""

import asyncio

import pytest

from services.search.core.locks import KeyedLocks, ProductLocks


async def test_holders_of_one_key_take_turns_and_others_do_not_wait():
    """Only a shared key makes somebody wait."""
    locks = KeyedLocks()
    waiter = asyncio.Event()

    async def hold(*keys):
        async with locks.holding(keys):
            waiter.set()

    async with locks.holding(["a", "b"]):
        await hold("c")
        waiter.clear()
        task = asyncio.create_task(hold("d", "b"))
        await asyncio.sleep(0.01)
        assert not waiter.is_set()
    await task
    assert waiter.is_set()


async def test_opposite_orders_never_wait_for_one_another():
    """Many holders with overlapping keys in any order all come to an end."""
    locks = KeyedLocks()

    async def hold(*keys):
        async with locks.holding(keys):
            await asyncio.sleep(0)

    async with asyncio.timeout(5):
        await asyncio.gather(*(hold(*pair) for pair in [("a", "b"), ("b", "a"), ("b", "c", "a")] * 10))


async def test_locks_are_kept_only_while_needed():
    """A million products leave no million locks."""
    locks = KeyedLocks()

    async with locks.holding(["a"]):
        assert 1 == len(locks._locks)

    assert 0 == len(locks._locks)


class Holder:
    """Holds a lock in a task of its own; says when it has it."""

    def __init__(self, lock):
        self.has, self._let_go = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._hold(lock))

    async def _hold(self, lock):
        async with lock:
            self.has.set()
            await self._let_go.wait()

    async def let_go(self):
        self._let_go.set()
        await self._task


async def settled():
    """Let everybody come as far as they can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_whole_catalogue_waits_for_its_products_and_they_for_it():
    """Those of other catalogues wait for nobody; who comes after it waits, so that it is not put off for ever."""
    locks = ProductLocks()
    first, second = (Holder(locks.holding([("hats", name)])) for name in "ab")
    await settled()
    assert (True, True) == (first.has.is_set(), second.has.is_set())

    whole = Holder(locks.holding_all("hats"))
    await settled()
    later, other = Holder(locks.holding([("hats", "c")])), Holder(locks.holding([("shoes", "c")]))
    await first.let_go()
    await settled()
    assert (False, False, True) == (whole.has.is_set(), later.has.is_set(), other.has.is_set())

    await second.let_go()
    await settled()
    assert (True, False) == (whole.has.is_set(), later.has.is_set())
    await whole.let_go()
    await settled()
    assert later.has.is_set()
    await later.let_go()
    await other.let_go()


async def test_who_gives_up_waiting_leaves_no_lock_behind():
    """Neither the whole catalogue, nor products that wait for it."""
    locks = ProductLocks()
    product = Holder(locks.holding([("hats", "a")]))
    await settled()
    for lock in (locks.holding_all("hats"), locks.holding([("hats", "a")])):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), lock:
                pytest.fail("it was held")
    await product.let_go()

    async with asyncio.timeout(5):
        async with locks.holding_all("hats"):
            pass
        async with locks.holding([("hats", "a")]):
            pass
