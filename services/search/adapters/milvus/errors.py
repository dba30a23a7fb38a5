"""What Milvus says, in our own terms.

Codes: `merr` in Milvus's sources (pkg/util/merr/errors.go); they are numbers of `common.Status.code`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from pymilvus.grpc_gen.common_pb2 import Status

from triptych.vocabulary.errors import (
    DeadlineExceeded,
    Internal,
    Reason,
    ResourceExhausted,
    TriptychError,
    Unavailable,
)

COLLECTION_NOT_FOUND = 100
COLLECTION_NOT_LOADED = 101

# Out of memory, disk full, writing denied, quota used up.
_FULL = frozenset({3, 7, 9})
# Milvus 2.3 says some of these in words alone.
_FULL_WORDS = ("no space left on device", "quota exceeded", "quota exhausted", "deny to write", "force deny")
# Too many requests, or too fast.
_BUSY = frozenset({4, 8})
# Faults of ours: what we asked for makes no sense to Milvus. 10 unimplemented, 11xx parameters, 17xx fields, 20xx segcore.
_OUR_FAULTS = frozenset({10, 1100, 1101, 1700, 2000, 2001})

_RETRY_AFTER_MS = 1000


class MilvusRefusal(Exception):
    """A call that Milvus answered with an error."""

    def __init__(self, status: Status) -> None:
        super().__init__(f"{status.code or status.error_code}: {status.reason}")
        self.code: int = status.code
        self.reason: str = status.reason


def check_status(status: Status) -> None:
    """Raise a `MilvusRefusal` unless *status* is success; Milvus before 2.3 fills `error_code` alone."""
    if status.code != 0 or status.error_code != 0:
        raise MilvusRefusal(status)


@contextmanager
def map_milvus_errors() -> Iterator[None]:
    """Raise what Milvus and gRPC raise inside as errors of our own.

    Raises:
        Unavailable: Milvus does not answer, or not yet: while it recovers after a start it says so in many words.
        DeadlineExceeded: the time ran out.
        ResourceExhausted: no room to write (STORAGE_FULL), or too many requests (OVERLOADED).
        Internal: Milvus does not understand what we ask.
    """
    try:
        yield
    except MilvusRefusal as refusal:
        raise _from_refusal(refusal) from refusal
    except grpc.aio.AioRpcError as error:
        raise _from_rpc_error(error) from error


def _from_refusal(refusal: MilvusRefusal) -> TriptychError:
    words = refusal.reason.lower()
    if refusal.code in _FULL or any(each in words for each in _FULL_WORDS):
        return ResourceExhausted("The vector store has no room for more.", reason=Reason.STORAGE_FULL)
    if refusal.code in _BUSY:
        return _overloaded()
    if refusal.code in _OUR_FAULTS:
        return Internal()
    return Unavailable.because_of("milvus")


def _from_rpc_error(error: grpc.aio.AioRpcError) -> TriptychError:
    match error.code():
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return DeadlineExceeded()
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            return _overloaded()
        case (
            grpc.StatusCode.UNAUTHENTICATED
            | grpc.StatusCode.PERMISSION_DENIED
            | grpc.StatusCode.INVALID_ARGUMENT
            | grpc.StatusCode.UNIMPLEMENTED
        ):
            return Internal()
    return Unavailable.because_of("milvus")


def _overloaded() -> ResourceExhausted:
    return ResourceExhausted(
        "The vector store has too much to do; try again in a moment.",
        reason=Reason.OVERLOADED,
        retry_after_ms=_RETRY_AFTER_MS,
    )
