"""The turnstile: who is let in, who waits, who is refused."""

import asyncio
import time

import pytest

from triptych.runtime import turnstile as turnstile_module
from triptych.runtime.limit import AdaptiveLimit
from triptych.runtime.turnstile import QUEUE_FACTOR, Turnstile
from triptych.vocabulary.errors import InvalidArgument, Reason, ResourceExhausted


class Still(AdaptiveLimit):
    """A limit that stays where it is, and notes what it is told."""

    def took(self, kind, seconds, beside):
        self.told = [*getattr(self, "told", []), (kind, beside)]

    def was_given_up(self, kind, seconds, beside):
        self.took(f"given up {kind}", seconds, beside)


def turnstile(places: int) -> Turnstile:
    return Turnstile("search", Still(1, 1000, places))


async def work(at: Turnstile, done: asyncio.Event, log: list, name: object) -> str:
    """Be let in, and stay until it is done; what came of it."""
    try:
        async with at.passing("a"):
            log.append(name)
            await done.wait()
    except ResourceExhausted:
        return "refused"
    return "done"


async def settled():
    for _ in range(5):
        await asyncio.sleep(0)


async def arrived(at: Turnstile, done: asyncio.Event, log: list, name: object) -> "asyncio.Task[str]":
    """Begin such work; it is inside, waits, or was refused."""
    task = asyncio.create_task(work(at, done, log, name))
    await settled()
    return task


async def test_who_waits_is_let_in_in_turn():
    """A place that becomes free goes to the one who came first, as long as nobody waits in vain."""
    at, done, log = turnstile(1), [asyncio.Event() for _ in range(3)], []
    tasks = [await arrived(at, done[place], log, place) for place in range(3)]
    for place in range(3):
        done[place].set()
        await settled()

    assert [0, 1, 2] == log
    assert ["done"] * 3 == await asyncio.gather(*tasks)
    assert 0 == at.inside


async def test_beyond_the_queue_it_refuses_at_once():
    """Neither the bound of those inside nor that of those who wait is exceeded: memory stays bounded."""
    at, done, log = turnstile(3), asyncio.Event(), []
    tasks = [asyncio.create_task(work(at, done, log, place)) for place in range(100)]
    await settled()
    refused = [task for task in tasks if task.done()]

    assert 3 == at.inside == len(log)
    # The first who is refused makes the room for those who wait smaller.
    assert 100 - 3 - QUEUE_FACTOR * 3 == len(refused)
    assert {"refused"} == {task.result() for task in refused}
    assert at.is_full
    done.set()
    assert 3 + QUEUE_FACTOR * 3 == (await asyncio.gather(*tasks)).count("done")
    assert not at.is_full


async def order(at: Turnstile) -> list[str]:
    """In which order two are let in who came while the first two were inside."""
    held, done, log, tasks = asyncio.Event(), asyncio.Event(), [], []
    done.set()
    for name, until in (("first", held), ("first", held), ("older", done), ("newer", done)):
        tasks.append(await arrived(at, until, log, name))
    held.set()
    await asyncio.gather(*tasks)
    return log[2:]


async def test_while_some_are_refused_the_newest_goes_first(monkeypatch):
    """Those who just came are answered quickly; when nobody was refused for a moment turns are kept again."""
    monkeypatch.setattr(turnstile_module, "HOT_S", 0.2)
    at = turnstile(2)

    assert ["older", "newer"] == await order(at)
    at.refused("full")
    assert ["newer", "older"] == await order(at)
    await asyncio.sleep(0.2)
    assert ["older", "newer"] == await order(at)


class Noting(AdaptiveLimit):
    """Stays where it is, and notes how many others there were."""

    def took(self, kind, seconds, beside):
        self.beside = [*getattr(self, "beside", []), beside]


async def test_who_waits_or_is_refused_belongs_to_the_crowd():
    """What work takes alone is not learnt from work beside which others wait, or are refused."""
    at = Turnstile("search", Noting(1, 1000, 1))
    async with at.passing("a"):
        pass
    held, done, log = asyncio.Event(), asyncio.Event(), []
    done.set()
    first = await arrived(at, held, log, "first")
    second = await arrived(at, done, log, "second")
    held.set()
    await asyncio.gather(first, second)
    at.refused("full")
    async with at.passing("a"):
        pass

    alone, beside_one, last, hot = at.limit.beside
    assert (0, 1, 0) == (alone, beside_one, last)
    assert hot > 1000


async def test_large_requests_do_not_fill_the_memory():
    """Together they stay below the bound; one alone may be larger, so that nothing is refused for ever."""
    at = turnstile(10)
    at.bytes_max = 100
    async with at.passing("a", 60):
        with pytest.raises(ResourceExhausted):
            async with at.passing("a", 41):
                pass
        async with at.passing("a", 40):
            assert 2 == at.inside
    async with at.passing("a", 101):
        assert 1 == at.inside


async def test_nobody_waits_for_ever(monkeypatch):
    """Who waits is refused in the end, and at once as soon as others are refused."""
    monkeypatch.setattr(turnstile_module, "WAIT_S", 0.1)
    held, log = asyncio.Event(), []
    at = turnstile(1)
    first = await arrived(at, held, log, "first")
    started = time.monotonic()
    assert "refused" == await work(at, held, log, "second")
    patient = time.monotonic() - started
    monkeypatch.setattr(turnstile_module, "WAIT_S", 60.0)
    # The refusal of the second is what makes the third's wait short.
    assert "refused" == await asyncio.wait_for(work(at, held, log, "third"), 30)
    held.set()
    await first

    assert patient >= 0.1
    assert ["first"] == log


async def test_who_goes_away_leaves_no_place_taken():
    """Callers that are cancelled inside or while they wait give back what they had."""
    at, log = turnstile(1), []
    inside = await arrived(at, asyncio.Event(), log, "inside")
    waiting = await arrived(at, asyncio.Event(), log, "waiting")
    waiting.cancel()
    inside.cancel()
    await asyncio.gather(waiting, inside, return_exceptions=True)

    done = asyncio.Event()
    done.set()
    assert 0 == at.inside
    assert "done" == await work(at, done, log, "next")


async def test_a_place_passes_by_who_was_cancelled_a_moment_before():
    """A place that becomes free before one who waited could leave goes to the next."""
    at, done, log = turnstile(1), asyncio.Event(), []
    done.set()
    inside = await arrived(at, asyncio.Event(), log, "inside")
    waiting = await arrived(at, asyncio.Event(), log, "waiting")
    following = await arrived(at, done, log, "following")
    inside.cancel()
    waiting.cancel()
    found = await asyncio.gather(inside, waiting, following, return_exceptions=True)

    assert [asyncio.CancelledError, asyncio.CancelledError, str] == [type(each) for each in found]
    assert ["inside", "following"] == log
    assert 0 == at.inside


async def test_one_who_is_cancelled_as_his_turn_comes_hands_the_place_on():
    """A place that comes in the same moment as the cancellation is not lost."""
    at, held, done, log = turnstile(1), asyncio.Event(), asyncio.Event(), []
    done.set()
    first = await arrived(at, held, log, "first")
    second = await arrived(at, asyncio.Event(), log, "second")
    third = await arrived(at, done, log, "third")
    held.set()
    while not first.done():
        await asyncio.sleep(0)
    assert "second" not in log
    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)

    assert ["first", "third"] == log
    assert 0 == at.inside


async def test_a_refusal_says_when_to_come_again():
    """Not all at the same moment."""
    refusals = [turnstile(1).refused("full") for _ in range(50)]

    assert {(Reason.OVERLOADED, "search")} == {(each.reason, each.metadata["share"]) for each in refusals}
    assert min(each.retry_after_ms for each in refusals) >= 500
    assert len({each.retry_after_ms for each in refusals}) > 10


async def test_only_work_that_was_done_says_how_long_it_takes():
    """A refusal is quick and would let too many in."""
    at = turnstile(1)
    with pytest.raises(InvalidArgument):
        async with at.passing("a"):
            raise InvalidArgument("No.", reason=Reason.FIELD_INVALID)
    async with at.passing("a"):
        pass
    with pytest.raises(asyncio.CancelledError):
        async with at.passing("b"):
            raise asyncio.CancelledError

    assert [("a", 0), ("given up b", 0)] == at.limit.told
