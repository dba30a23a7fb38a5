"""What is asked for twice is made once, and never given to whom it does not belong."""

import asyncio
from collections import Counter

import numpy as np
import pytest

from services.encoder.core.remembered import ENTRY_BYTES, SharedVectors, Source, VectorMemory
from triptych.vocabulary.errors import InvalidArgument, Reason, Unavailable
from triptych.vocabulary.vectors import Vector

DIMENSION = 4
ENTRY = ENTRY_BYTES + 4 * DIMENSION


class Maker:
    """Makes a vector of each number; *broken* numbers are refused. It waits for *going*."""

    def __init__(self, keys, broken=()):
        self.keys, self.broken = keys, broken
        self.made = []
        self.going = asyncio.Event()
        self.going.set()

    async def __call__(self, places):
        self.made += [self.keys[at] for at in places]
        await self.going.wait()
        return [self._outcome(self.keys[at], at) for at in places]

    def _outcome(self, key, at):
        if key in self.broken:
            return InvalidArgument("No.", reason=Reason.IMAGE_UNREADABLE, field=f"part {at}")
        return Vector(np.full(DIMENSION, key, np.float32), "s")


@pytest.fixture
def counts():
    return Counter()


@pytest.fixture
def vectors(counts):
    return SharedVectors(VectorMemory(10 * ENTRY), lambda source, count: counts.update({source: count}))


def numbers(outcomes):
    return [int(each.values[0]) for each in outcomes]


async def ask(vectors, keys, **more):
    maker = Maker(keys, **more)
    return maker, await vectors.of(keys, maker)


async def test_within_a_call(vectors, counts):
    """Each place has its vector, however often its key stands there."""
    maker, outcomes = await ask(vectors, [3, 1, 3, 2, 1, 3])

    assert [3, 1, 3, 2, 1, 3] == numbers(outcomes)
    assert [3, 1, 2] == maker.made
    assert (3, 3, 0) == (counts[Source.MADE], counts[Source.SHARED], counts[Source.REMEMBERED])


async def test_after_a_call(vectors, counts):
    """What was made is remembered."""
    await ask(vectors, [1, 2])
    maker, outcomes = await ask(vectors, [2, 3, 1])

    assert ([2, 3, 1], [3]) == (numbers(outcomes), maker.made)
    assert 2 == counts[Source.REMEMBERED]


async def test_beside_a_call(vectors):
    """What somebody is making is waited for; two who wait for one another's both end."""
    first, second = Maker([1, 2]), Maker([2, 3, 1])
    first.going.clear()
    asking = asyncio.create_task(vectors.of([1, 2], first))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(vectors.of([2, 3, 1], second))
    await asyncio.sleep(0)
    first.going.set()

    assert ([1, 2], [2, 3, 1]) == (numbers(await asking), numbers(await waiting))
    assert ([1, 2], [3]) == (first.made, second.made)


@pytest.mark.parametrize("end", ["cancelled", "failed"])
async def test_who_waits_does_not_suffer_from_another_s_end(vectors, end):
    """The one who made it was cancelled, or his model failed: the other makes it himself."""

    class Failing(Maker):
        async def __call__(self, places):
            await super().__call__(places)
            raise Unavailable.because_of("triton")

    first, second = Failing([1]), Maker([1])
    first.going.clear()
    asking = asyncio.create_task(vectors.of([1], first))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(vectors.of([1], second))
    await asyncio.sleep(0)
    asking.cancel() if end == "cancelled" else first.going.set()

    assert [1] == numbers(await waiting)
    with pytest.raises(asyncio.CancelledError if end == "cancelled" else Unavailable):
        await asking


async def test_who_is_cancelled_while_he_waits_stops_nobody(vectors):
    """The one who makes it goes on, and so do the others who wait."""
    first, others = Maker([1]), [Maker([1]), Maker([1])]
    first.going.clear()
    asking = asyncio.create_task(vectors.of([1], first))
    await asyncio.sleep(0)
    gone, waiting = (asyncio.create_task(vectors.of([1], each)) for each in others)
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    first.going.set()

    assert ([1], [1]) == (numbers(await asking), numbers(await waiting))
    assert [] == others[1].made


async def test_errors_are_each_part_s_own(vectors):
    """A broken picture that stands twice is named twice, and tried again the next time."""
    _, (first, good, second) = await ask(vectors, [1, 2, 1], broken=[1])

    assert ("part 0", "part 2") == (first.field, second.field)
    assert isinstance(good, Vector)
    maker, _ = await ask(vectors, [1], broken=[1])
    assert [1] == maker.made


async def test_only_so_much_is_remembered(vectors):
    """The vector that was used longest ago goes first."""
    await ask(vectors, [*range(10)])
    await ask(vectors, [0])
    await ask(vectors, [10])

    maker, _ = await ask(vectors, [0, 10, 1])
    assert [1] == maker.made


async def test_what_is_remembered_holds_no_batch():
    """A row is copied: a view would keep all the other rows in memory."""
    memory, batch = VectorMemory(10 * ENTRY), np.ones((32, DIMENSION), np.float32)
    memory.put("key", Vector(batch[3], "s"))

    assert memory.get("key").values.base is None


async def test_without_memory():
    """0 bytes remember nothing, and nothing fails."""
    vectors = SharedVectors(VectorMemory(0), lambda source, count: None)

    for _ in range(2):
        maker, outcomes = await ask(vectors, [1, 1])
        assert ([1, 1], [1]) == (numbers(outcomes), maker.made)


async def test_forgetting(vectors):
    """Another model of the same name may have come: nothing of the old one is used."""
    await ask(vectors, [1])
    vectors.forget()

    maker, _ = await ask(vectors, [1])
    assert [1] == maker.made
