"""A channel whose TLS files may change: gRPC for Python reads them once a channel (grpc/grpc#41779)."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import grpc

from triptych.runtime.security.followed import Followed
from triptych.runtime.security.tls import Pems, TlsFiles, channel_credentials, read

# Calls of a channel that was replaced may take this long to end; then they are cancelled.
OLD_CALLS_S = 120.0

Open = Callable[[grpc.ChannelCredentials], grpc.aio.Channel]


class FollowingChannel:
    """Calls through a channel made by *open_*; through a new one as soon as *files* changed.

    Stands in for a grpc.aio.Channel where stubs are made of it.

    Raises:
        OSError: see `read`.
    """

    def __init__(self, open_: Open, files: TlsFiles) -> None:
        self._open = open_
        self._followed = Followed(files.paths, lambda: read(files))
        self._pems: Pems = self._followed.value()
        self._channel = open_(channel_credentials(self._pems))
        self._closing: set[asyncio.Task[None]] = set()

    def unary_unary(self, *arguments: Any, **more: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._callable("unary_unary", arguments, more)

    def unary_stream(self, *arguments: Any, **more: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._callable("unary_stream", arguments, more)

    def stream_unary(self, *arguments: Any, **more: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._callable("stream_unary", arguments, more)

    def stream_stream(self, *arguments: Any, **more: Any) -> Any:
        """See grpc.aio.Channel."""
        return self._callable("stream_stream", arguments, more)

    async def channel_ready(self) -> None:
        """See grpc.aio.Channel."""
        await self._current().channel_ready()

    async def close(self, grace: float | None = None) -> None:
        """See grpc.aio.Channel."""
        await self._channel.close(grace)
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _callable(self, kind: str, arguments: tuple[Any, ...], more: dict[str, Any]) -> Callable[..., Any]:
        made: dict[grpc.aio.Channel, Any] = {}

        def call(*request: Any, **options: Any) -> Any:
            channel = self._current()
            if channel not in made:
                made.clear()
                made[channel] = getattr(channel, kind)(*arguments, **more)
            return made[channel](*request, **options)

        return call

    def _current(self) -> grpc.aio.Channel:
        pems = self._followed.value()
        if pems is not self._pems:
            self._pems, old = pems, self._channel
            self._channel = self._open(channel_credentials(pems))
            task = asyncio.get_running_loop().create_task(old.close(OLD_CALLS_S))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        return self._channel
