"""Streams in both directions: messages checked as they come, and ends that do not hang on the client."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc

from triptych.runtime.malformed import Malformed
from triptych.runtime.validation import validate

# A status reaches a client only when it reads what came before; one that does not read is not waited for.
STATUS_S = 5.0


async def messages(context: "grpc.aio.ServicerContext[Any, Any]") -> AsyncIterator[Any]:
    """Yield the client's messages until it closes its side.

    Raises:
        InvalidArgument: a message cannot be parsed, or breaks a rule of the schema.
    """
    while (message := await context.read()) is not grpc.aio.EOF:
        if isinstance(message, Malformed):
            raise message.error
        validate(message)
        yield message


async def abort(context: "grpc.aio.ServicerContext[Any, Any]", status: grpc.Status) -> None:
    """End the call with *status*.

    Raises:
        AbortError: always, unless the client does not read; then the status waits for it in gRPC, which is left behind.
    """
    try:
        async with asyncio.timeout(STATUS_S):
            await context.abort_with_status(status)
    except TimeoutError:
        pass
