"""A room's door that is slow for some requests: it forwards every call, and waits before those that a benchmark names."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeAlias

import grpc

# Whether a request of a method ("/package.Service/Method"), as bytes, is to be slow.
IsSlow = Callable[[str, bytes], bool]
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
WATCH = "/grpc.health.v1.Health/Watch"


class SlowRoom(grpc.GenericRpcHandler):
    """Forwards calls to *target*; those that *is_slow* says wait *seconds* first."""

    def __init__(self, target: str, seconds: float) -> None:
        self._channel = grpc.aio.insecure_channel(target)
        self.seconds = seconds
        self.is_slow: IsSlow = lambda _, __: False
        self._server = grpc.aio.server()
        self._server.add_generic_rpc_handlers((self,))

    async def start(self) -> str:
        """Listen; return the address."""
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return f"127.0.0.1:{port}"

    async def stop(self) -> None:
        """Listen no longer."""
        await self._server.stop(0)
        await self._channel.close()

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """Return what forwards a call."""
        method = details.method
        if method == WATCH:
            return grpc.unary_stream_rpc_method_handler(self._watch(method))
        return grpc.unary_unary_rpc_method_handler(self._forward(method))

    def _forward(self, method: str) -> Callable[[bytes, Context], Awaitable[bytes]]:
        call: Any = self._channel.unary_unary(method)

        async def forward(request: bytes, context: Context) -> bytes:
            if self.is_slow(method, request):
                await asyncio.sleep(self.seconds)
            try:
                answer: bytes = await call(request, timeout=context.time_remaining(), metadata=told(context))
            except grpc.aio.AioRpcError as error:
                await context.abort(error.code(), error.details() or "", error.trailing_metadata())
                raise
            return answer

        return forward

    def _watch(self, method: str) -> Callable[[bytes, Context], AsyncIterator[bytes]]:
        call: Any = self._channel.unary_stream(method)

        async def watch(request: bytes, _: Context) -> AsyncIterator[bytes]:
            async for message in call(request):
                yield message

        return watch


def told(context: Context) -> Sequence[tuple[str, str | bytes]]:
    """Return what the caller said beside the request."""
    return [(key, value) for key, value in context.invocation_metadata() or () if key.startswith("x-")]
