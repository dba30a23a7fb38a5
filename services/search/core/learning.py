"""What takes a while to learn: learnt once for all who ask, in its own time, and remembered."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from contextvars import Context
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Learnt(Generic[Key, Value]):
    """Values by their keys.

    Args:
        learn: makes the value of a key.
        memory_s: how long a value is remembered. From half of that on it is learnt anew behind the back of whoever asks,
            so that where somebody always asks nobody waits.
        now: returns seconds that only grow.
    """

    def __init__(
        self,
        learn: Callable[[Key], Awaitable[Value]],
        memory_s: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._learn, self._memory_s, self._now = learn, memory_s, now
        self._known: dict[Key, tuple[float, Value]] = {}
        self._learning: dict[Key, asyncio.Task[Value]] = {}

    async def of(self, key: Key) -> Value:
        """Return the value of *key*.

        Raises:
            Exception: what learning it raises; who asks next tries again.
        """
        now = self._now()
        # Those that nobody asks for any more go too.
        self._known = {each: known for each, known in self._known.items() if now - known[0] < self._memory_s}
        known = self._known.get(key)
        if known is None:
            # Who gives up does not take it away from the others.
            return await asyncio.shield(self._task(key))
        if now - known[0] >= self._memory_s / 2:
            self._task(key)
        return known[1]

    def forget(self, key: Key) -> None:
        """Learn the value of *key* anew when it is asked for."""
        self._known.pop(key, None)
        self._learning.pop(key, None)

    def _task(self, key: Key) -> asyncio.Task[Value]:
        if key not in self._learning:
            # In its own time: who asks first may have little left.
            task = asyncio.create_task(self._learn_now(key), context=Context())
            task.add_done_callback(_looked_at)
            self._learning[key] = task
        return self._learning[key]

    async def _learn_now(self, key: Key) -> Value:
        started = self._now()
        try:
            value = await self._learn(key)
            if self._is_wanted(key):
                self._known[key] = started, value
            return value
        finally:
            if self._is_wanted(key):
                del self._learning[key]

    def _is_wanted(self, key: Key) -> bool:
        """Whether it was not forgotten meanwhile."""
        return self._learning.get(key) is asyncio.current_task()


def _looked_at(task: asyncio.Task[Value]) -> None:
    """Take note of how it ended, which asyncio complains of where nobody does: perhaps nobody waits any more."""
    if not task.cancelled():
        task.exception()
