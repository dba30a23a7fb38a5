"""What a process that serves asks of its interpreter."""

import asyncio
import gc

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from triptych.runtime import serve
from triptych.runtime.interpreter import YOUNG_OBJECTS, sum_in_one_thread
from triptych.runtime.serve import Room


def threads() -> set[int]:
    """Return how many threads each BLAS that is loaded takes."""
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


@pytest.fixture
def thresholds():
    """Leave the collector as it was."""
    before = gc.get_threshold()
    yield before
    gc.unfreeze()
    gc.set_threshold(*before)


def test_sums_take_one_thread():
    """However many BLAS took before."""
    np.ones((2, 2)) @ np.ones((2, 2))
    with threadpool_limits(limits=2, user_api="blas"):
        before = threads()
        sum_in_one_thread()
        assert {1} == threads()
    assert before


def test_what_warm_up_made_is_not_looked_at_again(thresholds):
    """The collector passes over what is there when a room is warm, and comes less often."""
    kept = []

    async def warm_up() -> None:
        kept.append([[] for _ in range(1000)])

    async def check() -> None:
        """Nothing to look at."""

    frozen = gc.get_freeze_count()
    asyncio.run(serve.settled(Room("x", (), warm_up, check)).warm_up())
    assert gc.get_freeze_count() >= frozen + 1000
    assert YOUNG_OBJECTS == gc.get_threshold()[0]


def test_a_room_that_does_not_get_warm_is_not_settled(thresholds):
    """Its failure is told, and the collector stays as it was."""

    async def warm_up() -> None:
        raise OSError

    room = Room("x", (), warm_up, warm_up)
    with pytest.raises(OSError):  # noqa: PT011 - it is ours
        asyncio.run(serve.settled(room).warm_up())
    assert thresholds == gc.get_threshold()
