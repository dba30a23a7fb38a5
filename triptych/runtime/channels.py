"""Calls from one room to another: deadline, request id and errors taken care of."""

import json
from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar, cast
from weakref import WeakKeyDictionary

import grpc

from triptych.runtime.breaker import Breaker
from triptych.runtime.context import REQUEST_ID_HEADER, remaining_s, request_id
from triptych.runtime.errors import from_rpc_error
from triptych.runtime.health import TRAFFIC
from triptych.runtime.retries import retrying
from triptych.runtime.security.following_channel import FollowingChannel
from triptych.runtime.security.tls import PLAIN, TlsFiles
from triptych.vocabulary import spans

Response = TypeVar("Response")
ChannelOptions: TypeAlias = Sequence[tuple[str, Any]]

MESSAGE_BYTES_MAX = 80 * 1024 * 1024

# gRPC waits up to two minutes before it tries a lost server again; a room that is back must be used at once.
RECONNECT_OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A name is asked again after a connection is lost. By gRPC's default at most twice a minute: too seldom for a roll-out,
    # which has replaced all replicas by then.
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
)
# Several addresses behind a name (a headless Service) share the load, those of rooms that say that they take it: one that
# drains is left before it stops listening. A caller that only learns of the stop has requests on the wire by then.
BALANCING: dict[str, Any] = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": TRAFFIC},
}
OPTIONS: tuple[tuple[str, Any], ...] = (
    *RECONNECT_OPTIONS,
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    # Notices a peer that vanished without closing the connection.
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.service_config", json.dumps(BALANCING | retrying())),
)

_breakers: WeakKeyDictionary[Any, Breaker] = WeakKeyDictionary()


def open_channel(target: str, tls: TlsFiles = PLAIN, options: ChannelOptions = OPTIONS) -> grpc.aio.Channel:
    """Open a channel to the room at *target* ("host:port" or any gRPC name), with TLS where *tls* names a CA.

    Raises:
        OSError: a file of *tls* cannot be used.
    """
    if tls.ca:
        return following_channel(target, tls, options)
    return grpc.aio.insecure_channel(target, options=options)


def following_channel(target: str, tls: TlsFiles, options: ChannelOptions) -> grpc.aio.Channel:
    """Open a channel with TLS that goes on with the files of *tls* as they change; without a CA the system's are trusted.

    Raises:
        OSError: a file of *tls* cannot be used.
    """

    def opened(credentials: grpc.ChannelCredentials) -> grpc.aio.Channel:
        return grpc.aio.secure_channel(target, credentials, options=options)

    return cast("grpc.aio.Channel", FollowingChannel(opened, tls))


async def call(room: str, method: grpc.aio.UnaryUnaryMultiCallable[Any, Response], request: Any) -> Response:
    """Call *method* of another *room* within the current request's deadline and under its id.

    Raises:
        TriptychError: what the room answered, or Unavailable or DeadlineExceeded when it did not answer.
    """
    timeout_s = remaining_s()
    name = request.DESCRIPTOR.name.removesuffix("Request")
    with spans.span(f"{room}.{name}", calls=True), breaker_of(room, method, request).around(timeout_s):
        metadata = ((REQUEST_ID_HEADER, request_id()), *spans.carried())
        try:
            return await method(request, timeout=timeout_s, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, room) from error


def breaker_of(room: str, method: Any, request: Any) -> Breaker:
    """Return the breaker of *method*, which takes *request*: its message is named after the method."""
    if method not in _breakers:
        _breakers[method] = Breaker(room, request.DESCRIPTOR.name.removesuffix("Request"))
    return _breakers[method]
