"""How many fetches a host has to bear, and what one that is silent may cost."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.encoder.adapters.uris import unanswered
from triptych.vocabulary.errors import InvalidArgument

# A host that did not answer is left alone for so long, and what waits for it fails at once.
SILENCE_S = 2.0


class SilentHost(Exception):
    """The host let the time for an answer pass."""


@dataclass
class Gate:
    """Of one host: who may pass, when it last answered, until when it counts as silent."""

    room: asyncio.Semaphore
    answered_s: float = 0.0
    silent_until_s: float = 0.0


class Gates:
    """One gate a host, for *fetches_max* at once. Hosts are as many as the operator allowed, so gates are kept."""

    def __init__(self, fetches_max: int, now: Callable[[], float] = time.monotonic) -> None:
        self._gates: dict[tuple[str, int], Gate] = defaultdict(lambda: Gate(asyncio.Semaphore(fetches_max)))
        self._now = now

    @asynccontextmanager
    async def through(self, host: str, port: int) -> AsyncIterator[None]:
        """Hold a place at the host's gate.

        Raises:
            Unavailable: URI_UNAVAILABLE, the host is silent, or was so a moment ago.
        """
        gate = self._gates[host, port]
        async with gate.room:
            started_s = self._now()
            if started_s < gate.silent_until_s:
                raise unanswered()
            try:
                yield
            except SilentHost as error:
                # One file that never comes does not make a host silent that answers for others.
                if gate.answered_s <= started_s:
                    gate.silent_until_s = self._now() + SILENCE_S
                raise unanswered() from error
            except InvalidArgument:
                # It has no such file, which is an answer.
                gate.answered_s = self._now()
                raise
            gate.answered_s = self._now()
