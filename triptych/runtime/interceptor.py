"""What happens around every RPC, in one place: id, deadline, validation, errors, log line, metrics.

A stream in both directions has no deadline of ours, and bounds of its own: see triptych/runtime/streams.py.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import grpc
from google.protobuf.message import Message
from grpc_status import rpc_status

from triptych.runtime.context import REQUEST_ID_HEADER, request
from triptych.runtime.errors import to_status
from triptych.runtime.gate import Behaviour, Context, Gate
from triptych.runtime.logs import log
from triptych.runtime.malformed import Malformed, tolerant
from triptych.runtime.metrics import DURATION, IN_FLIGHT, REQUESTS, begin_series
from triptych.runtime.settings import ServerSettings
from triptych.runtime.streams import abort, messages
from triptych.runtime.validation import validate
from triptych.vocabulary import spans
from triptych.vocabulary.errors import (
    DeadlineExceeded,
    Internal,
    Reason,
    ResourceExhausted,
    TriptychError,
)


class RpcInterceptor(grpc.aio.ServerInterceptor):
    """Wraps the unary methods and the streams of *requests*: full method name → request class."""

    def __init__(self, requests: dict[str, type[Message]], settings: ServerSettings, gate: Gate) -> None:
        self._requests, self._gate = requests, gate
        self._settings = settings
        self._wrapped: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
        self._in_flight = 0
        begin_series(requests)

    async def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Return the wrapped handler of the method that is called."""
        name = handler_call_details.method
        if name not in self._requests:
            return await continuation(handler_call_details)
        if name not in self._wrapped:
            handler = await continuation(handler_call_details)
            if handler is None or not (handler.unary_unary or handler.stream_stream):
                return handler
            self._wrapped[name] = self._wrap(name, handler)
        try:
            with translated():
                self._gate.admit(name, dict(handler_call_details.invocation_metadata or ()))
        except TriptychError as error:
            return self._refusing(name, error)
        return self._wrapped[name]

    def _refusing(self, name: str, error: TriptychError) -> "grpc.RpcMethodHandler[Any, Any]":
        """Return a handler that refuses a call of any kind without reading what is sent: so only streams do."""

        async def refuse(_requests: AsyncIterator[Any], _context: Context) -> Any:
            raise error

        return grpc.stream_stream_rpc_method_handler(self._observed(name, refuse, unbounded))

    def _wrap(
        self, name: str, handler: "grpc.RpcMethodHandler[Any, Any]"
    ) -> "grpc.RpcMethodHandler[Any, Any]":
        codec: dict[str, Any] = {
            "request_deserializer": tolerant(self._requests[name]),
            "response_serializer": handler.response_serializer,
        }
        if handler.stream_stream:
            streaming = self._gate.guard(name, cast("Behaviour", handler.stream_stream))
            return grpc.stream_stream_rpc_method_handler(
                self._observed(name, stream(streaming), unbounded), **codec
            )
        unary = self._gate.guard(name, cast("Behaviour", handler.unary_unary))
        return grpc.unary_unary_rpc_method_handler(
            self._observed(name, self._bounded(unary), self._timeout_s), **codec
        )

    def _observed(
        self, name: str, behaviour: Behaviour, timeout_s_of: Callable[[Context], float]
    ) -> Behaviour:
        """Return *behaviour* under an id and a deadline, logged and measured; its failures leave as statuses."""
        service, method = name.strip("/").split("/")
        in_flight = IN_FLIGHT.labels(service, method)
        duration = DURATION.labels(service, method)

        async def call(message: Any, context: Context) -> Any:
            started = time.perf_counter()
            code = "CANCELLED"
            in_flight.inc()
            try:
                with request(wanted_id(context), timeout_s_of(context)) as current_id:
                    context.set_trailing_metadata(((REQUEST_ID_HEADER, current_id),))
                    try:
                        with translated():
                            response = await behaviour(message, context)
                        code = "OK"
                        return response
                    except TriptychError as error:
                        status = rpc_status.to_status(to_status(error))
                        code = status.code.name
                        spans.fail(error)
                        await abort(context, status)
                    finally:
                        spans.note(**{"rpc.response.status_code": code}, request_id=current_id)
                        elapsed_s = time.perf_counter() - started
                        # What is refused by the thousand is counted, not told.
                        tell = log.debug if code == "RESOURCE_EXHAUSTED" else log.info
                        tell("rpc", service=service, method=method, code=code, ms=round(elapsed_s * 1e3, 2))
            finally:
                in_flight.dec()
                duration.observe(time.perf_counter() - started)
                REQUESTS.labels(service, method, code).inc()

        return call

    def _bounded(self, behaviour: Behaviour) -> Behaviour:
        """Return *behaviour* of one request, which is checked, and refused when it is one too many at once."""

        async def answer(message: Any, context: Context) -> Any:
            self._in_flight += 1
            try:
                if self._in_flight > self._settings.requests_in_flight_max:
                    raise ResourceExhausted(
                        "Too many requests are being worked on; try again in a moment.",
                        reason=Reason.OVERLOADED,
                        retry_after_ms=100,
                    )
                if isinstance(message, Malformed):
                    raise message.error
                validate(message)
                async with asyncio.timeout(self._timeout_s(context)):
                    return await behaviour(message, context)
            finally:
                self._in_flight -= 1

        return answer

    def _timeout_s(self, context: Context) -> float:
        asked_s = context.time_remaining()
        if asked_s is None:
            return self._settings.deadline_default_ms / 1e3
        return min(asked_s, self._settings.deadline_max_ms / 1e3)


def stream(behaviour: Behaviour) -> Behaviour:
    """Return *behaviour* of a stream; it is handed the client's messages, each checked."""

    async def answer(_: AsyncIterator[Any], context: Context) -> Any:
        return await behaviour(messages(context), context)

    return answer


def unbounded(context: Context) -> float:
    """Return the seconds that the client gives a stream."""
    asked_s = context.time_remaining()
    return math.inf if asked_s is None else asked_s


@contextmanager
def translated() -> Iterator[None]:
    """Let every failure leave as a TriptychError."""
    try:
        yield
    except TriptychError:
        raise
    except TimeoutError as error:
        raise DeadlineExceeded from error
    except Exception as error:
        raise Internal from error


def wanted_id(context: Context) -> str | None:
    """Return the request id that the caller sent, if any."""
    for key, value in context.invocation_metadata() or ():
        if key == REQUEST_ID_HEADER:
            return value if isinstance(value, str) else None
    return None
