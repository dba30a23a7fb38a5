"""Locks by name."""

import asyncio

from services.search.core.locks import KeyedLocks


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
