"""Calls: how they are made, tried again and refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from grpc_status import rpc_status

Response = TypeVar("Response")
MediaSource = bytes | str | Path

MESSAGE_BYTES_MAX = 80 * 1024 * 1024
TIMEOUT_S = 10.0
RETRIES: dict[str, Any] = {
    "methodConfig": [
        {
            "name": [
                {"service": f"triptych.v1.{name}"}
                for name in (
                    "ProductSearchService",
                    "CatalogService",
                    "FeedbackService",
                    "MaintenanceService",
                    "UpgradeService",
                )
            ],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}
# Calls go to all gateways in turn that say that they take them: one that starts or stops is not called.
BALANCED: dict[str, Any] = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "traffic"},
}


def options(*, balanced: bool = False) -> tuple[tuple[str, Any], ...]:
    """Return the options of a channel to a gateway, or to several behind one name."""
    return (
        # Every call of the API may be repeated without harm, so that a part which restarts is waited for, within the
        # timeout. Of catalogues that are made or removed the second try may say that it is done already.
        ("grpc.service_config", json.dumps(RETRIES | (BALANCED if balanced else {}))),
        ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
        ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1000),
        # Gateways that are rolled out have all been replaced before gRPC would ask DNS again by itself.
        ("grpc.dns_min_time_between_resolutions_ms", 1000),
    )


OPTIONS = options()


class TriptychClientError(Exception):
    """A call that was refused or not answered.

    Attributes:
        code: gRPC's status code.
        reason: why, for programs: see docs/errors.md; empty when gRPC itself failed.
        message: why, for people.
        field: the field of the request to blame; empty when none is.
        metadata: the variables of the message.
        retry_after_s: when the same may be tried again, in seconds; None where that will not help.
    """

    def __init__(self, error: grpc.RpcError) -> None:
        status = rpc_status.from_call(error)
        info, bad, retry = ErrorInfo(), BadRequest(), RetryInfo()
        self.retry_after_s: float | None = None
        for detail in status.details if status else ():
            detail.Unpack(info)
            detail.Unpack(bad)
            if detail.Unpack(retry):
                self.retry_after_s = retry.retry_delay.ToMicroseconds() / 1e6
        self.code: grpc.StatusCode = error.code()
        self.reason: str = info.reason
        self.message: str = error.details() or ""
        self.field: str = bad.field_violations[0].field if bad.field_violations else ""
        self.metadata: dict[str, str] = dict(info.metadata)
        super().__init__(f"{self.code.name}: {self.message}")


def call(method: "grpc.UnaryUnaryMultiCallable[Any, Response]", request: Any, timeout_s: float) -> Response:
    """Call *method*; failures leave as TriptychClientError."""
    try:
        return method(request, timeout=timeout_s)
    except grpc.RpcError as error:
        raise TriptychClientError(error) from error


def pages_of(
    method: "grpc.UnaryUnaryMultiCallable[Any, Response]", request: Any, timeout_s: float
) -> Iterator[Response]:
    """Call *method* until it gives no token of a next page, and yield each page."""
    while True:
        page: Any = call(method, request, timeout_s)
        yield page
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
