"""What Milvus and gRPC say, in our own terms."""

import grpc
import pytest
from grpc.aio import AioRpcError, Metadata
from pymilvus.grpc_gen.common_pb2 import ErrorCode, Status

from services.search.adapters.milvus.errors import check_status, map_milvus_errors
from triptych.vocabulary.errors import (
    DeadlineExceeded,
    Internal,
    Reason,
    ResourceExhausted,
    TriptychError,
    Unavailable,
)


@pytest.mark.parametrize(
    ("status", "expected", "reason"),
    [
        (Status(code=101, reason="collection not loaded"), Unavailable, Reason.DEPENDENCY_UNAVAILABLE),
        (Status(code=503, reason="channel not available"), Unavailable, Reason.DEPENDENCY_UNAVAILABLE),
        (Status(code=65535, reason="no available shard"), Unavailable, Reason.DEPENDENCY_UNAVAILABLE),
        (Status(error_code=ErrorCode.NotReadyServe), Unavailable, Reason.DEPENDENCY_UNAVAILABLE),
        (Status(code=8, reason="rate limit exceeded"), ResourceExhausted, Reason.OVERLOADED),
        (Status(code=7, reason="disk limit"), ResourceExhausted, Reason.STORAGE_FULL),
        (
            Status(code=65535, reason="write: no space left on device"),
            ResourceExhausted,
            Reason.STORAGE_FULL,
        ),
        (Status(code=9, reason="quota exceeded[reason=disk quota]"), ResourceExhausted, Reason.STORAGE_FULL),
        (Status(code=1100, reason="invalid parameter"), Internal, Reason.INTERNAL),
    ],
)
def test_refusals(status, expected, reason):
    """Each answer of Milvus has one meaning, and nothing of its words reaches a client."""
    with pytest.raises(TriptychError) as caught, map_milvus_errors():
        check_status(status)

    assert (expected, reason) == (type(caught.value), caught.value.reason)
    assert not status.reason or status.reason not in caught.value.message
    assert caught.value.__cause__ is not None


def test_success_passes():
    """No error, no exception."""
    check_status(Status())


EXPECTED = {
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ResourceExhausted,
    grpc.StatusCode.UNAUTHENTICATED: Internal,
    grpc.StatusCode.PERMISSION_DENIED: Internal,
    grpc.StatusCode.INVALID_ARGUMENT: Internal,
    grpc.StatusCode.UNIMPLEMENTED: Internal,
}


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
def test_every_grpc_code_has_a_meaning(code):
    """Whatever breaks on the way is an error of ours."""
    with pytest.raises(TriptychError) as caught, map_milvus_errors():
        raise AioRpcError(code, Metadata(), Metadata())

    assert EXPECTED.get(code, Unavailable) is type(caught.value)
