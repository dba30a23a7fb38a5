"""A turnstile before work of one kind: it lets in as many as can be worked on, has a few wait, and refuses the rest at once.

Who waits is let in after those that came before him; while some wait in vain, the newest goes first, so that those who
are answered at all are answered quickly (adaptive LIFO, after Maurer, "Fail at Scale", ACM Queue 2015).
"""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from triptych.runtime.gate import Behaviour, Context
from triptych.runtime.limit import AdaptiveLimit
from triptych.runtime.metrics import LIMIT, SHED
from triptych.vocabulary.errors import Reason, ResourceExhausted

# A client is to hear within 50 ms that it is refused.
WAIT_S = 0.025
# More than so many times the limit never wait: they could not be let in before they are refused.
QUEUE_FACTOR = 4
# Since somebody waited in vain the newest goes first, for so long.
HOT_S = 1.0
# When to come again, by chance somewhere between, so that not all come at once.
RETRY_MS = (500, 1500)


@dataclass
class Turnstile:
    """The turnstile of a *share* of the work ("search", "write").

    Args:
        share: its name, in metrics.
        limit: how many are let in at once.
        now: seconds of a clock that never goes back.
    """

    share: str
    limit: AdaptiveLimit
    now: Callable[[], float] = time.monotonic
    _inside: int = 0
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    _hot_until: float = 0.0

    @property
    def inside(self) -> int:
        """How many are worked on."""
        return self._inside

    @property
    def is_full(self) -> bool:
        """Whether there is not even room to wait."""
        limit, waiting = int(self.limit.value), len(self._waiting)
        return self._inside >= limit and (
            waiting >= QUEUE_FACTOR * limit or self._inside + waiting >= self.limit.most
        )

    @contextlib.asynccontextmanager
    async def passing(self, kind: str) -> AsyncIterator[None]:
        """Hold a place for work of *kind*.

        Raises:
            ResourceExhausted: OVERLOADED, with a time to wait.
        """
        await self._enter()
        beside, started = self._inside - 1, self.now()
        try:
            yield
            self.limit.took(kind, self.now() - started, beside)
        except asyncio.CancelledError:
            self.limit.was_given_up(kind, self.now() - started, beside)
            raise
        finally:
            # What was refused tells nothing of how long work takes.
            LIMIT.labels(self.share).set(int(self.limit.value))
            self._leave()

    async def _enter(self) -> None:
        if self._inside < int(self.limit.value) and not self._waiting:
            self._inside += 1
            return
        if self.is_full:
            raise self.refused("full")
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(WAIT_S):
                await turn
        except TimeoutError:
            self._hot_until = self.now() + HOT_S
            self._give_up(turn)
            raise self.refused("waited") from None
        except asyncio.CancelledError:
            self._give_up(turn)
            raise

    def refused(self, why: str) -> ResourceExhausted:
        """Return the refusal, which is counted."""
        SHED.labels(self.share, why).inc()
        return ResourceExhausted(
            "More is asked for than can be answered in time; try again in a moment.",
            reason=Reason.OVERLOADED,
            metadata={"share": self.share},
            retry_after_ms=random.randint(*RETRY_MS),  # noqa: S311 - no secret
        )

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            # Its place came in the same moment.
            self._leave()
            return
        with contextlib.suppress(ValueError):
            self._waiting.remove(turn)

    def _leave(self) -> None:
        self._inside -= 1
        while self._waiting and self._inside < int(self.limit.value):
            turn = self._waiting.pop() if self.now() < self._hot_until else self._waiting.popleft()
            if not turn.done():
                self._inside += 1
                turn.set_result(None)


class Turnstiles:
    """A `Gate` of turnstiles, each by the methods ("/package.Service/Method") that it stands before; others pass by."""

    def __init__(self, turnstiles: Mapping[str, Turnstile]) -> None:
        self._turnstiles = turnstiles

    def admit(self, method: str, metadata: Mapping[str, str | bytes]) -> None:  # noqa: ARG002 - whoever it is
        """Refuse before anything is read what would be refused anyway.

        Raises:
            ResourceExhausted: OVERLOADED.
        """
        turnstile = self._turnstiles.get(method)
        if turnstile is not None and turnstile.is_full:
            raise turnstile.refused("full")

    def guard(self, method: str, behaviour: Behaviour) -> Behaviour:
        """Return *behaviour* behind its turnstile."""
        turnstile = self._turnstiles.get(method)
        if turnstile is None:
            return behaviour

        async def answer(message: Any, context: Context) -> Any:
            async with turnstile.passing(method):
                return await behaviour(message, context)

        return answer
