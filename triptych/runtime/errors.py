"""The one table between the domain's errors and gRPC's status codes, and the details that travel with them (AIP-193)."""

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from triptych.runtime.logs import log
from triptych.vocabulary.errors import (
    Aborted,
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Reason,
    ResourceExhausted,
    TriptychError,
    Unauthenticated,
    Unavailable,
)

DOMAIN = "triptych"
REASONS = frozenset(Reason)
# A status travels as headers, of which gRPC takes 8 KiB: the message twice, once with three bytes for one, and all in
# base 64. Names and texts of the client's own can be longer.
MESSAGE_BYTES_MAX = 800
FIELD_BYTES_MAX = 300
METADATA_BYTES_MAX = 200
CUT = "…".encode()

CODES: dict[type[TriptychError], int] = {
    InvalidArgument: Code.INVALID_ARGUMENT,
    NotFound: Code.NOT_FOUND,
    AlreadyExists: Code.ALREADY_EXISTS,
    Aborted: Code.ABORTED,
    Unauthenticated: Code.UNAUTHENTICATED,
    PermissionDenied: Code.PERMISSION_DENIED,
    FailedPrecondition: Code.FAILED_PRECONDITION,
    ResourceExhausted: Code.RESOURCE_EXHAUSTED,
    DeadlineExceeded: Code.DEADLINE_EXCEEDED,
    Unavailable: Code.UNAVAILABLE,
    Internal: Code.INTERNAL,
}
CLASSES = {code: kind for kind, code in CODES.items()}


def code_of(error: TriptychError) -> int:
    """Return the code of *error*: that of the most specific class in the table, so that a subclass needs no line."""
    return next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)


def code_name(error: TriptychError) -> str:
    """Return the name of the code of *error*, such as "NOT_FOUND"."""
    name: str = Code.Name(code_of(error))
    return name


def to_status(error: TriptychError) -> Status:
    """Return *error* as a google.rpc.Status with ErrorInfo and, where they apply, BadRequest and RetryInfo."""
    code = code_of(error)
    if code == Code.INTERNAL:
        # The client learns nothing of the inside, whether a call failed or one item of it; the log has the rest.
        log.error("unexpected error", exc_info=error)
    message = shortened(error.message, MESSAGE_BYTES_MAX)
    told = {name: shortened(value, METADATA_BYTES_MAX) for name, value in error.metadata.items()}
    details = [ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=told)]
    if error.field:
        violation = BadRequest.FieldViolation(
            field=shortened(error.field, FIELD_BYTES_MAX), description=message, reason=error.reason
        )
        details.append(BadRequest(field_violations=[violation]))
    if error.retry_after_ms is not None:
        delay = Duration()
        delay.FromMilliseconds(error.retry_after_ms)
        details.append(RetryInfo(retry_delay=delay))
    return Status(code=code, message=message, details=[packed(detail) for detail in details])


def shortened(text: str, bytes_max: int) -> str:
    """Return *text*, or what of its beginning fits into *bytes_max* bytes of UTF-8."""
    data = text.encode(errors="replace")
    return text if len(data) <= bytes_max else data[: bytes_max - len(CUT)].decode(errors="ignore") + "…"


def packed(detail: ErrorInfo | BadRequest | RetryInfo) -> Any:
    """Return *detail* as an Any."""
    any_detail = Any()
    any_detail.Pack(detail)
    return any_detail


def from_status(status: Status) -> TriptychError:
    """Return the error that *status* says, with what its details hold; the inverse of `to_status`."""
    info, bad_request, retry = ErrorInfo(), BadRequest(), RetryInfo()
    retry_after_ms = None
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad_request)
        if detail.Unpack(retry):
            retry_after_ms = retry.retry_delay.ToMilliseconds()
    kind = CLASSES.get(status.code, Internal)
    if info.domain != DOMAIN or info.reason not in REASONS:
        # Not one of our own words: nothing of it may reach a client.
        return Internal()
    return kind(
        status.message,
        reason=Reason(info.reason),
        field=bad_request.field_violations[0].field if bad_request.field_violations else "",
        metadata=info.metadata,
        retry_after_ms=retry_after_ms,
    )


def from_rpc_error(error: grpc.aio.AioRpcError, dependency: str) -> TriptychError:
    """Return what a failed call to another room means for our own caller."""
    if error.code() == grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlineExceeded()
    status = rpc_status.from_call(error)
    if status is not None:
        told = from_status(status)
        # That this room may not call another is no fault of our caller.
        return Unavailable.because_of(dependency) if told.reason is Reason.CALLER_NOT_ALLOWED else told
    # Said by gRPC itself, not by the room. It cancels what reaches a room in the moment in which that stops.
    if error.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}:
        return Unavailable.because_of(dependency)
    return Internal()
