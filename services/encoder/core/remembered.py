"""Vectors that were made before, or are being made: what is asked for twice is made once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from cachetools import LRUCache

from services.encoder.core.parts import Outcome
from triptych.vocabulary.spans import Mark, link, mark, span
from triptych.vocabulary.vectors import Vector

# What an entry takes beside the numbers: the key, its digest, the objects around them; measured, rounded up.
ENTRY_BYTES = 700

Make = Callable[[Sequence[int]], Awaitable[Sequence[Outcome]]]
"""Makes the outcomes of what stands at these places."""

Pending = asyncio.Future[Vector | None]
"""A vector that is being made; None once it was not."""


class Source(StrEnum):
    """Where a vector came from."""

    MADE = "MADE"
    """The model made it."""
    SHARED = "SHARED"
    """The model made it at the same time for somebody else, or for another part of the request."""
    REMEMBERED = "REMEMBERED"
    """The model had made it before."""


class VectorMemory:
    """The vectors used last, of at most *bytes_max* bytes with all that belongs to them; 0: none."""

    def __init__(self, bytes_max: int) -> None:
        self._vectors: LRUCache[Hashable, Vector] = LRUCache(bytes_max, getsizeof=size_of)
        self._bytes_max = bytes_max

    def get(self, key: Hashable) -> Vector | None:
        """Return a vector that is remembered."""
        return self._vectors.get(key)

    def put(self, key: Hashable, vector: Vector) -> None:
        """Remember *vector*, and forget what was used longest ago where there is no room."""
        # A row of a batch would keep the whole batch alive.
        own = replace(vector, values=vector.values.copy())
        if size_of(own) <= self._bytes_max:
            self._vectors[key] = own


class SharedVectors:
    """The vectors of one model, in a *memory* that others may use too.

    Args:
        count: is told how many vectors came from where.
    """

    def __init__(self, memory: VectorMemory, count: Callable[[Source, int], None]) -> None:
        self._memory = memory
        self._count = count
        self._being_made: dict[Hashable, Pending] = {}
        self._makers: dict[Pending, Mark | None] = {}
        self._generation = 0

    def forget(self) -> None:
        """Use nothing of what is remembered any more: the model may have become another."""
        self._generation += 1

    async def of(self, keys: Sequence[Hashable], make: Make) -> list[Outcome]:
        """Return an outcome per key, which must name the model too; *make* is called for those that are not known.

        Errors are not shared: each names the field of its own part. What somebody else was making and did not get done,
        because he was cancelled, say, is made here.

        Raises:
            Whatever *make* raises.
        """
        keys = [(self._generation, key) for key in keys]
        found: dict[int, Outcome] = self._remembered(keys)
        mine: dict[Hashable, int] = {}
        others: dict[int, Pending] = {}
        for at, key in enumerate(keys):
            if at in found:
                continue
            if key in self._being_made:
                others[at] = self._being_made[key]
            else:
                mine[key] = at
                self._being_made[key] = pending = asyncio.get_running_loop().create_future()
                self._makers[pending] = mark()
        found |= await self._made(mine, make)
        found |= await self._shared(others)
        left = [at for at in range(len(keys)) if at not in found]
        if left:
            found |= zip(left, await make(left), strict=True)
            self._count(Source.MADE, len(left))
        return [found[at] for at in range(len(keys))]

    def _remembered(self, keys: Sequence[Hashable]) -> dict[int, Outcome]:
        known = {at: self._memory.get(key) for at, key in enumerate(keys)}
        found: dict[int, Outcome] = {at: vector for at, vector in known.items() if vector}
        self._count(Source.REMEMBERED, len(found))
        return found

    async def _made(self, mine: Mapping[Hashable, int], make: Make) -> dict[int, Outcome]:
        """Make what nobody else makes, and hand it to those who wait; what failed they make themselves."""
        vectors: dict[Hashable, Vector] = {}
        try:
            outcomes = await make([*mine.values()]) if mine else ()
            vectors = {
                key: each for key, each in zip(mine, outcomes, strict=True) if isinstance(each, Vector)
            }
        finally:
            for key in mine:
                pending = self._being_made.pop(key)
                del self._makers[pending]
                pending.set_result(vectors.get(key))
        for key, vector in vectors.items():
            self._memory.put(key, vector)
        self._count(Source.MADE, len(mine))
        return dict(zip(mine.values(), outcomes, strict=True))

    async def _shared(self, others: Mapping[int, Pending]) -> dict[int, Outcome]:
        if not others:
            return {}
        pending = set(others.values())
        with span("encoder.wait_for_another", rows=len(others)):
            link([self._makers[each] for each in pending if each in self._makers])
            # Not awaited themselves: who is cancelled while he waits must not cancel what others wait for.
            await asyncio.wait(pending)
        made = {at: pending.result() for at, pending in others.items()}
        found: dict[int, Outcome] = {at: vector for at, vector in made.items() if vector}
        self._count(Source.SHARED, len(found))
        return found


def size_of(vector: Vector) -> int:
    """Return the bytes that an entry takes."""
    return int(vector.values.nbytes) + ENTRY_BYTES
