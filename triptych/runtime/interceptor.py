"""What happens around every unary RPC, in one place: id, deadline, validation, errors, log line, metrics."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

import grpc
from google.protobuf.message import Message
from grpc_status import rpc_status

from triptych.runtime.context import REQUEST_ID_HEADER, request
from triptych.runtime.errors import to_status
from triptych.runtime.logs import log
from triptych.runtime.malformed import Malformed, tolerant
from triptych.runtime.metrics import DURATION, IN_FLIGHT, REQUESTS
from triptych.runtime.settings import ServerSettings
from triptych.runtime.validation import validate
from triptych.vocabulary.errors import (
    DeadlineExceeded,
    Internal,
    Reason,
    ResourceExhausted,
    TriptychError,
)

Behaviour = Callable[[Any, grpc.aio.ServicerContext[Any, Any]], Awaitable[Any]]


class RpcInterceptor(grpc.aio.ServerInterceptor):
    """Wraps the unary methods of *requests*: full method name → request class. Others pass untouched."""

    def __init__(self, requests: dict[str, type[Message]], settings: ServerSettings) -> None:
        self._requests = requests
        self._settings = settings
        self._wrapped: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
        self._in_flight = 0

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
            if handler is None or handler.unary_unary is None:
                return handler
            self._wrapped[name] = grpc.unary_unary_rpc_method_handler(
                self._wrap(name, cast("Behaviour", handler.unary_unary)),
                request_deserializer=tolerant(self._requests[name]),
                response_serializer=handler.response_serializer,
            )
        return self._wrapped[name]

    def _wrap(self, name: str, behaviour: Behaviour) -> Behaviour:
        service, method = name.strip("/").split("/")
        in_flight = IN_FLIGHT.labels(service, method)
        duration = DURATION.labels(service, method)

        async def call(message: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            started = time.perf_counter()
            code = "CANCELLED"
            in_flight.inc()
            self._in_flight += 1
            try:
                timeout_s = self._timeout_s(context)
                with request(wanted_id(context), timeout_s) as current_id:
                    context.set_trailing_metadata(((REQUEST_ID_HEADER, current_id),))
                    try:
                        response = await self._answer(behaviour, message, context, timeout_s)
                        code = "OK"
                        return response
                    except TriptychError as error:
                        status = rpc_status.to_status(to_status(error))
                        code = status.code.name
                        await context.abort_with_status(status)
                    finally:
                        elapsed_s = time.perf_counter() - started
                        log.info(
                            "rpc", service=service, method=method, code=code, ms=round(elapsed_s * 1e3, 2)
                        )
            finally:
                self._in_flight -= 1
                in_flight.dec()
                duration.observe(time.perf_counter() - started)
                REQUESTS.labels(service, method, code).inc()

        return call

    def _timeout_s(self, context: grpc.aio.ServicerContext[Any, Any]) -> float:
        asked_s = context.time_remaining()
        if asked_s is None:
            return self._settings.deadline_default_ms / 1e3
        return min(asked_s, self._settings.deadline_max_ms / 1e3)

    async def _answer(
        self,
        behaviour: Behaviour,
        message: Any,
        context: grpc.aio.ServicerContext[Any, Any],
        timeout_s: float,
    ) -> Any:
        """Run *behaviour*; every failure leaves as a TriptychError."""
        if self._in_flight > self._settings.requests_in_flight_max:
            raise ResourceExhausted(
                "Too many requests are being worked on; try again in a moment.",
                reason=Reason.OVERLOADED,
                retry_after_ms=100,
            )
        if isinstance(message, Malformed):
            raise message.error
        try:
            validate(message)
            async with asyncio.timeout(timeout_s):
                return await behaviour(message, context)
        except TriptychError:
            raise
        except TimeoutError as error:
            raise DeadlineExceeded from error
        except Exception as error:
            # The client learns nothing of the inside; the log has the rest.
            log.exception("unexpected error")
            raise Internal from error


def wanted_id(context: grpc.aio.ServicerContext[Any, Any]) -> str | None:
    """Return the request id that the caller sent, if any."""
    for key, value in context.invocation_metadata() or ():
        if key == REQUEST_ID_HEADER:
            return value if isinstance(value, str) else None
    return None
