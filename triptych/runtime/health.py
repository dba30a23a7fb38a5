"""grpc.health.v1 for a room: readiness under its services' names; liveness, and whether to call it, under names of their own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from grpc_health.v1 import health_pb2

from triptych.runtime.health_servicer import HealthServicer
from triptych.runtime.logs import log
from triptych.runtime.metrics import READY
from triptych.vocabulary.errors import TriptychError

# Stays SERVING while the room drains: a room that is on its way out needs no restart.
LIVENESS = "liveness"
# What callers' channels watch: SERVING from the first warm-up until the room drains. While a dependency is away it stays
# so: the room itself says best which one, and a check that fails under load does not take all replicas away at once.
TRAFFIC = "traffic"
OVERALL = ""

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

Check = Callable[[], Awaitable[None]]


class Readiness:
    """Keeps the health service true: NOT_SERVING until warm, and whenever a check fails."""

    def __init__(self, servicer: HealthServicer, names: Sequence[str]) -> None:
        self._servicer = servicer
        self._names = (OVERALL, *names)
        self._ready: bool | None = None
        self._closed = False
        self._why = ""

    async def start(self) -> None:
        """Say alive, but not ready."""
        await self._servicer.set(LIVENESS, SERVING)
        await self._servicer.set(TRAFFIC, NOT_SERVING)
        await self._set(ready=False)
        log.info("not ready", why="It warms up.")

    async def follow(self, warm_up: Check, check: Check, interval_s: float) -> None:
        """Warm up, again and again until it succeeds; then check, until that fails and the room must warm up again."""
        while not self._closed:
            warm = self._ready or await self._succeeds(warm_up)
            await self._set(ready=warm and await self._succeeds(check))
            await asyncio.sleep(interval_s)

    async def close(self) -> None:
        """Say not ready, for good: also where `follow` is saying that it is."""
        self._closed = True
        READY.set(0)
        for name in (TRAFFIC, *self._names):
            await self._servicer.set(name, NOT_SERVING)

    async def _succeeds(self, check: Check) -> bool:
        try:
            await check()
        except TriptychError as error:
            # Said once, not at every look, also where only the check fails and warming up does not.
            if error.message != self._why:
                self._why = error.message
                log.warning("not ready", reason=error.reason, why=error.message, **error.metadata)
            return False
        except Exception:  # noqa: BLE001 - whatever went wrong, the room is not ready and must keep asking
            log.exception("check failed")
            return False
        return True

    async def _set(self, *, ready: bool) -> None:
        if self._closed or ready == self._ready:
            return
        self._ready = ready
        READY.set(ready)
        if ready:
            # That it is not was said with the reason.
            self._why = ""
            log.info("ready")
        for name in (*self._names, TRAFFIC) if ready else self._names:
            if not self._closed:
                await self._servicer.set(name, SERVING if ready else NOT_SERVING)
