"""A span around each call that a server takes, under its caller's.

OpenTelemetry's own interceptor for grpc.aio takes streams to be generators, which ours are not, and writes what an error
says into the span.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import grpc

from triptych.runtime.gate import Behaviour, Context
from triptych.runtime.tracing.tracer import OtelTracer

_HEADERS = frozenset({"traceparent", "tracestate"})


class TracingInterceptor(grpc.aio.ServerInterceptor):
    """Traces *methods*, by full name: not health checks, nor reflection."""

    def __init__(self, tracer: OtelTracer, methods: Iterable[str]) -> None:
        self._tracer = tracer
        self._methods = frozenset(methods)

    async def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Return the handler of the method that is called, in a span."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method not in self._methods:
            return handler
        codec: dict[str, Any] = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.stream_stream:
            streaming = self._traced(method, handler.stream_stream)
            return grpc.stream_stream_rpc_method_handler(streaming, **codec)
        return grpc.unary_unary_rpc_method_handler(self._traced(method, handler.unary_unary), **codec)

    def _traced(self, method: str, behaviour: Any) -> Behaviour:
        async def call(message: Any, context: Context) -> Any:
            with self._tracer.served(method.removeprefix("/"), headers(context)):
                return await behaviour(message, context)

        return call


def headers(context: Context) -> dict[str, str]:
    """Return what the caller says of its trace."""
    metadata = context.invocation_metadata() or ()
    return {key: value for key, value in metadata if key in _HEADERS and isinstance(value, str)}
