"""What an answer may be, whatever was asked."""

import re
from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from triptych.runtime.errors import DOMAIN, REASONS
from triptych.vocabulary.errors import Reason

# Nothing is away here and nothing is slow, so that these are faults.
FAULTS = {
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.DATA_LOSS,
}
FAULT_NUMBERS = {code.value[0] for code in FAULTS}
# What gRPC's asynchronous client says to itself when it writes into a stream that the server has just ended.
WRITTEN_TOO_LATE = "Internal error from Core"
# Paths, addresses, code, and names of what is inside.
INSIDE = re.compile(
    r"""Traceback|File\ "|site-packages|\w\.py\b|/(?:work|usr|tmp|home|root|var|proc|dev)/|127\.0\.0\.1|localhost
    |0x[0-9a-f]{6,}|<class|\bobject\ at\b|\b\w+(?:Error|Exception)\b|pymilvus|\bnumpy\b|\btorch\b|\basyncio\b|\bgrpc\.
    |\bsqlite3?\b|\bNoneType\b|_pb2\b""",
    re.VERBOSE,
)


def complaint(outcome: "Message | grpc.RpcError | BaseException") -> str:
    """Return what is wrong with *outcome*, a response or a failure; empty when nothing is."""
    if isinstance(outcome, Message):
        return next((each for status in statuses(outcome) if (each := of_status(status))), "")
    if not isinstance(outcome, grpc.RpcError):
        return f"no answer: {outcome!r}"
    if outcome.details() == WRITTEN_TOO_LATE:
        return ""
    status = rpc_status.from_call(outcome)
    if status is None:
        return f"gRPC's own {outcome.code()}: {outcome.details()}"
    return of_status(status)


def of_status(status: Status) -> str:
    """Return what is wrong with *status*: of a call, or of one item of many."""
    if status.code == 0:
        return ""
    info, bad_request = ErrorInfo(), BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad_request)
    told = f"code {status.code}, {info.reason}: {status.message}"
    if status.code in FAULT_NUMBERS or info.reason == Reason.DEPENDENCY_UNAVAILABLE:
        return told
    if info.domain != DOMAIN or info.reason not in REASONS:
        return f"no reason: {told}"
    leaked = INSIDE.search(" ".join((status.message, *info.metadata.values(), str(bad_request))))
    return f"tells of the inside ({leaked.group()}): {told}" if leaked else ""


def statuses(message: Any) -> Iterator[Status]:
    """Yield every status that *message* holds."""
    if isinstance(message, Status):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            children = value.values() if field.message_type.fields_by_name["value"].message_type else ()
        else:
            children = value if field.is_repeated else (value,)
        for child in children:
            yield from statuses(child)
