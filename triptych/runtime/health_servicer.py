"""grpc.health.v1, in place of the library's own, whose watchers hear nothing more once another one has left."""

import asyncio
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
# No status.
NEVER = -1


class HealthServicer(health_pb2_grpc.HealthServicer):  # type: ignore[misc] # without types
    """Tells the status of each name that was set, once or whenever it changes."""

    def __init__(self) -> None:
        self._statuses: dict[str, int] = {}
        self._changed = asyncio.Condition()

    async def set(self, service: str, status: int) -> None:
        """Let *service* have *status* from now on."""
        async with self._changed:
            self._statuses[service] = status
            self._changed.notify_all()

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802 - the schema's name
        """Return the status of a name; NOT_FOUND for one that was never set."""
        if request.service not in self._statuses:
            await context.abort(grpc.StatusCode.NOT_FOUND)
        return health_pb2.HealthCheckResponse(status=self._status(request.service))

    async def Watch(self, request: Any, context: Any) -> None:  # noqa: N802
        """Write the status of a name now, and again whenever it has changed."""
        told = NEVER
        while True:
            if (status := self._status(request.service)) != told:
                # Not while the condition is held: a client that does not read is waited for here.
                await context.write(health_pb2.HealthCheckResponse(status=status))
                told = status
                continue
            await self._another(request.service, told)

    async def _another(self, service: str, status: int) -> None:
        """Wait until the status of *service* is another."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._status(service) != status)

    def _status(self, service: str) -> Any:
        return self._statuses.get(service, UNKNOWN)
