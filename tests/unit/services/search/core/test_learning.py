"""What takes a while to learn."""

import asyncio
import gc
import weakref

import pytest

from services.search.core.learning import Learnt
from triptych.runtime.context import remaining_s, request
from triptych.vocabulary.errors import Unavailable


class Lesson:
    """A value that was learnt."""


class School:
    """Counts the lessons, each of which takes until it is let go; the first may fail."""

    def __init__(self, *, fails=False):
        self.lessons = []
        self.waits = asyncio.Event()
        self.waits.set()
        self.now = 0.0
        self._fails = fails
        self.learnt = Learnt(self._learn, 60.0, lambda: self.now)

    async def _learn(self, key):
        await self.waits.wait()
        remaining_s()
        lesson = Lesson()
        self.lessons.append((key, weakref.ref(lesson)))
        if self._fails and len(self.lessons) == 1:
            raise Unavailable.because_of("milvus")
        return lesson

    def keys(self):
        return [key for key, _ in self.lessons]


async def test_it_is_learnt_once_by_all_who_ask_at_the_same_time():
    """Each key for itself, and not again while it is remembered."""
    school = School()
    one, same, other = await asyncio.gather(*(school.learnt.of(each) for each in ("a", "a", "b")))
    assert one is same is await school.learnt.of("a")
    assert other is not one
    assert ["a", "b"] == school.keys()


async def test_who_has_little_time_takes_it_from_nobody_else():
    """It is learnt in its own time, and not in that of the first who asked."""
    school = School()
    school.waits.clear()

    async def asked(timeout_s):
        with request(None, timeout_s):
            async with asyncio.timeout(timeout_s):
                return await school.learnt.of("a")

    hurried, patient = asyncio.create_task(asked(0.02)), asyncio.create_task(asked(10))
    with pytest.raises(TimeoutError):
        await hurried
    school.waits.set()

    assert await patient is await asked(0.02)
    assert ["a"] == school.keys()


async def test_nobody_waits_where_somebody_always_asks():
    """From half of the time on it is learnt anew, and the old is answered until that is done."""
    school = School()
    old = await school.learnt.of("a")
    school.now = 29.0
    assert await school.learnt.of("a") is old
    assert ["a"] == school.keys()

    school.waits.clear()
    school.now = 30.0
    assert await school.learnt.of("a") is old
    assert await school.learnt.of("a") is old
    school.waits.set()
    await asyncio.sleep(0.01)
    assert ["a", "a"] == school.keys()
    assert await school.learnt.of("a") is not old


async def test_what_is_too_old_is_waited_for():
    """So that nobody is told more than so many seconds late."""
    school = School()
    old = await school.learnt.of("a")
    school.now = 60.0
    assert await school.learnt.of("a") is not old


async def test_a_failure_is_told_to_all_who_wait_and_remembered_by_nobody():
    """Who asks next tries again."""
    school = School(fails=True)
    told = await asyncio.gather(*(school.learnt.of("a") for _ in range(2)), return_exceptions=True)
    assert [Unavailable, Unavailable] == [type(each) for each in told]
    assert isinstance(await school.learnt.of("a"), Lesson)


async def test_what_nobody_asks_for_any_more_is_not_kept():
    """A shop that makes its catalogue anew every night does not fill the memory with what was learnt of the old ones."""
    school = School()
    for day, key in enumerate(["monday", "tuesday", "wednesday"]):
        school.now = day * 60.0
        await school.learnt.of(key)

    gc.collect()
    assert [False, False, True] == [lesson() is not None for _, lesson in school.lessons]


async def test_what_is_forgotten_while_it_is_learnt_is_learnt_again():
    """Its value is that of what is there no more."""
    school = School()
    school.waits.clear()
    early = asyncio.create_task(school.learnt.of("a"))
    await asyncio.sleep(0)
    school.learnt.forget("a")
    late = asyncio.create_task(school.learnt.of("a"))
    await asyncio.sleep(0)
    school.waits.set()

    assert await early is not await late
    assert await late is await school.learnt.of("a")
