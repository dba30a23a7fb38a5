"""Working side by side, within bounds."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

Result = TypeVar("Result")
Other = TypeVar("Other")
Batch = TypeVar("Batch")


async def side_by_side(jobs: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
    """Run *jobs* at once and return their results in order.

    The first that fails cancels the others, and its error is raised.
    """
    if len(jobs) == 1:
        # The latency-critical case needs no task of its own.
        return [await jobs[0]]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(job) for job in jobs]
    except ExceptionGroup as failed:
        # What caused it is to be logged with it; the group says nothing more.
        raise failed.exceptions[0] from failed.exceptions[0].__cause__
    return [task.result() for task in tasks]


async def both(
    first: Coroutine[Any, Any, Result], second: Coroutine[Any, Any, Other]
) -> tuple[Result, Other]:
    """Return what both make, each of its own type; otherwise see `side_by_side`."""
    jobs: list[Coroutine[Any, Any, Any]] = [first, second]
    one, other = await side_by_side(jobs)
    return one, other


async def as_they_come(
    batches: AsyncGenerator[Batch, None], work: Callable[[Batch], Awaitable[Result]], at_once: int
) -> list[Result]:
    """Do *work* on *batches*, on at most so many at once, and return the results in their order.

    The next batch is asked for when there is room for it, so that what is not ready yet holds nobody up.
    The first failure cancels the rest, and is raised.
    """
    room = asyncio.Semaphore(at_once)
    tasks: list[asyncio.Task[Result]] = []

    async def worked(batch: Batch) -> Result:
        try:
            return await work(batch)
        finally:
            room.release()

    try:
        async with asyncio.TaskGroup() as group, aclosing(batches):
            await room.acquire()
            async for batch in batches:
                tasks.append(group.create_task(worked(batch)))
                await room.acquire()
    except ExceptionGroup as failed:
        # What caused it is to be logged with it; the group says nothing more.
        raise failed.exceptions[0] from failed.exceptions[0].__cause__
    return [task.result() for task in tasks]
