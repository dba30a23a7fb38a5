"""Two things at once, of which neither goes on when the other fails."""

from collections.abc import Coroutine
from typing import Any, TypeVar

from triptych.vocabulary.concurrency import side_by_side

First = TypeVar("First")
Second = TypeVar("Second")


async def both(
    first: Coroutine[Any, Any, First], second: Coroutine[Any, Any, Second]
) -> tuple[First, Second]:
    """Return what both make, each of its own type; otherwise see `side_by_side`."""
    jobs: list[Coroutine[Any, Any, Any]] = [first, second]
    one, other = await side_by_side(jobs)
    return one, other
