"""Working side by side, within bounds."""

import asyncio

import pytest

from triptych.vocabulary.concurrency import as_they_come, both, side_by_side
from triptych.vocabulary.errors import Unavailable


async def later(value, after_s=0.0):
    await asyncio.sleep(after_s)
    return value


async def failing():
    raise Unavailable.because_of("triton")


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_results_come_in_the_order_of_the_jobs(count):
    """The first job may end last."""
    assert list(range(count)) == await side_by_side([later(at, (count - at) / 1e3) for at in range(count)])


async def test_jobs_run_at_once():
    """Each of two jobs waits for the other: one after the other they would never end."""
    barrier = asyncio.Barrier(2)

    async with asyncio.timeout(5):
        assert 2 == len(await side_by_side([barrier.wait(), barrier.wait()]))


async def test_a_failure_cancels_the_others_and_comes_out_bare():
    """What is raised is the job's own error, at once, with nothing left running."""
    cancelled = asyncio.Event()

    async def endless():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(Unavailable):
        await side_by_side([endless(), failing()])
    assert cancelled.is_set()
    cancelled.clear()
    with pytest.raises(Unavailable):
        await both(endless(), failing())
    assert cancelled.is_set()


async def test_two_of_different_kinds():
    """Each comes out in its own place."""
    assert (1, "two") == await both(later(1, 0.001), later("two"))


async def test_a_single_job_fails_bare_too():
    """One job alone raises the same error as one of several."""
    with pytest.raises(Unavailable):
        await side_by_side([failing()])


async def batches(count, asked):
    for at in range(count):
        asked.append(at)
        yield at


async def test_batches_are_asked_for_when_there_is_room():
    """Never more than two are under way, and results are in the order of the batches."""
    asked, ended = [], []

    async def work(at):
        assert len(asked) - len(ended) <= 2
        await asyncio.sleep((4 - at) / 1e3)
        ended.append(at)
        return -at

    assert [0, -1, -2, -3] == await as_they_come(batches(4, asked), work, 2)


async def test_a_batch_that_fails_ends_the_others_bare():
    """No batch is asked for after it."""
    asked = []

    async def work(at):
        if at == 1:
            raise Unavailable.because_of("triton")
        await asyncio.Event().wait()

    with pytest.raises(Unavailable):
        await as_they_come(batches(100, asked), work, 2)
    assert len(asked) <= 3


async def breaking(_=None):
    raise ValueError("no answer") from KeyError("what caused it")


@pytest.mark.parametrize(
    "work",
    [lambda: side_by_side([breaking(), breaking()]), lambda: as_they_come(batches(2, []), breaking, 2)],
    ids=["side_by_side", "as_they_come"],
)
async def test_what_caused_a_failure_is_kept(work):
    """The log is to tell the cause, not that there was a group."""
    with pytest.raises(ValueError, match="no answer") as raised:
        await work()

    assert isinstance(raised.value.__cause__, KeyError)
