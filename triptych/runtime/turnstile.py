"""A turnstile before work of one kind: it lets in as many as can be worked on, has a few wait, and refuses the rest at once.

Who waits is let in after those that came before him. While some are refused, who waits does so for a moment only, and the
newest goes first: those who are answered at all are answered quickly, the others know it at once (adaptive LIFO and
controlled delay, after Maurer, "Fail at Scale", ACM Queue 2015).
"""

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from triptych.runtime.gate import Behaviour, Context
from triptych.runtime.limit import AdaptiveLimit
from triptych.runtime.metrics import LIMIT, SHED
from triptych.vocabulary.errors import Reason, ResourceExhausted

# How long a request waits; and how long while others are refused: a client is to hear that within 50 ms.
WAIT_S = 0.25
HOT_WAIT_S = 0.01
# Since somebody was refused, for so long.
HOT_S = 1.0
# More than so many times the limit never wait, unless that is very few.
QUEUE_FACTOR = 4
QUEUE_LEAST = 8
CROWD = 1_000_000
# When to come again, by chance somewhere between, so that not all come at once.
RETRY_MS = (500, 1500)

# Whether it came.
Turn: TypeAlias = "asyncio.Future[bool]"


@dataclass
class Turnstile:
    """The turnstile of a *share* of the work ("search", "write").

    Args:
        share: its name, in metrics.
        limit: how many are let in at once.
        bytes_max: how large the requests of all that are inside or wait may be together; one alone may be larger.
        now: seconds of a clock that never goes back.
    """

    share: str
    limit: AdaptiveLimit
    bytes_max: int = 2**63
    now: Callable[[], float] = time.monotonic
    _inside: int = 0
    _bytes: int = 0
    _waiting: deque[Turn] = field(default_factory=deque)
    _hot_until: float = 0.0

    def __post_init__(self) -> None:
        LIMIT.labels(self.share).set(int(self.limit.value))

    @property
    def inside(self) -> int:
        """How many are worked on."""
        return self._inside

    @property
    def is_full(self) -> bool:
        """Whether there is not even room to wait."""
        limit, waiting = int(self.limit.value), len(self._waiting)
        # While others are refused as many wait as can be let in before they are refused too.
        room = limit if self._is_hot else max(QUEUE_LEAST, QUEUE_FACTOR * limit)
        return self._inside >= limit and (waiting >= room or self._inside + waiting >= self.limit.most)

    @contextlib.asynccontextmanager
    async def passing(self, kind: str, size: int = 0) -> AsyncIterator[None]:
        """Hold a place for work of *kind*, of which the request has *size* bytes.

        Raises:
            ResourceExhausted: OVERLOADED, with a time to wait.
        """
        if self._bytes and self._bytes + size > self.bytes_max:
            raise self.refused("bytes")
        self._bytes += size
        try:
            await self._enter()
            async with self._inside_with(kind):
                yield
        finally:
            self._bytes -= size

    @contextlib.asynccontextmanager
    async def _inside_with(self, kind: str) -> AsyncIterator[None]:
        before, started = self._others(), self.now()
        try:
            yield
            self.limit.took(kind, self.now() - started, max(before, self._others()))
        except asyncio.CancelledError:
            self.limit.was_given_up(kind, self.now() - started, max(before, self._others()))
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
        loop = asyncio.get_running_loop()
        turn: Turn = loop.create_future()
        self._waiting.append(turn)
        # In slices, since waiting becomes shorter as soon as others are refused. A timer costs less than a task.
        loop.call_later(HOT_WAIT_S, self._look_at, turn, self.now() + WAIT_S)
        try:
            came = await turn
        except asyncio.CancelledError:
            self._give_up(turn)
            raise
        if not came:
            raise self.refused("waited")

    def _look_at(self, turn: Turn, until: float) -> None:
        """Let a *turn* that waited long enough go without its place; look again later at one that did not."""
        if turn.done():
            return
        if self._is_hot or self.now() >= until:
            self._waiting.remove(turn)
            turn.set_result(False)
        else:
            asyncio.get_running_loop().call_later(HOT_WAIT_S, self._look_at, turn, until)

    def _others(self) -> int:
        """Return how many others there are for whoever is inside; a crowd where some are refused, whoever is seen of it."""
        return CROWD if self._is_hot else self._inside - 1 + len(self._waiting)

    @property
    def _is_hot(self) -> bool:
        return self.now() < self._hot_until

    def refused(self, why: str) -> ResourceExhausted:
        """Return the refusal, which is counted; from now on nobody waits for long."""
        self._hot_until = self.now() + HOT_S
        SHED.labels(self.share, why).inc()
        return ResourceExhausted(
            "More is asked for than can be answered in time; try again in a moment.",
            reason=Reason.OVERLOADED,
            metadata={"share": self.share},
            retry_after_ms=random.randint(*RETRY_MS),  # noqa: S311 - no secret
        )

    def _give_up(self, turn: Turn) -> None:
        if turn in self._waiting:
            self._waiting.remove(turn)
        elif not turn.cancelled() and turn.result():
            # It came in the moment in which nobody waited for it any more.
            self._leave()

    def _leave(self) -> None:
        self._inside -= 1
        while self._waiting and self._inside < int(self.limit.value):
            turn = self._waiting.pop() if self._is_hot else self._waiting.popleft()
            # Whoever waited may have been cancelled a moment ago.
            if not turn.done():
                self._inside += 1
                turn.set_result(True)


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
            async with turnstile.passing(method, message.ByteSize()):
                return await behaviour(message, context)

        return answer
