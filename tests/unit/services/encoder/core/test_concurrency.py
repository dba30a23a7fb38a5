"""Working side by side, within bounds."""

import asyncio

import pytest

from services.encoder.core.concurrency import Admission, side_by_side
from triptych.vocabulary.errors import Reason, ResourceExhausted, Unavailable


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


async def test_a_single_job_fails_bare_too():
    """One job alone raises the same error as one of several."""
    with pytest.raises(Unavailable):
        await side_by_side([failing()])


def test_room_is_held_and_given_back():
    """A part more than fits is refused, with a time to try again; room comes back even after a failure."""
    admission = Admission(3)

    with admission.admit(2):
        with pytest.raises(ResourceExhausted) as refused, admission.admit(2):
            pass
        with pytest.raises(ZeroDivisionError), admission.admit(1):
            _ = 1 / 0
        with admission.admit(1):
            pass
    with admission.admit(3):
        pass
    assert Reason.OVERLOADED == refused.value.reason
    assert refused.value.retry_after_ms is not None
