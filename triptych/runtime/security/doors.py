"""Where a room can be entered: its port, the port for probes, and bounds on connections."""

import ipaddress
from typing import Any

import grpc
from grpc_health.v1 import health_pb2_grpc

from triptych.runtime.gate import Gate, Gates
from triptych.runtime.health_servicer import HealthServicer
from triptych.runtime.logs import log
from triptych.runtime.security.callers import NamedCallers
from triptych.runtime.security.tls import PLAIN, TlsFiles, server_credentials
from triptych.runtime.settings import ServerSettings

# A client that connects and says nothing is let go.
HANDSHAKE_MS = 10_000


def bounds(settings: ServerSettings) -> tuple[tuple[str, Any], ...]:
    """Return gRPC's options that bound what clients can hold without sending a request, and for how long."""
    return (
        ("grpc.max_allowed_incoming_connections", settings.connections_max),
        ("grpc.max_concurrent_streams", settings.streams_per_connection_max),
        # gRPC refuses at random between the two: one bound is one bound.
        ("grpc.max_metadata_size", settings.metadata_bytes_max),
        ("grpc.absolute_max_metadata_size", settings.metadata_bytes_max),
        ("grpc.server_handshake_timeout_ms", HANDSHAKE_MS),
        *ages(settings),
    )


def ages(settings: ServerSettings) -> tuple[tuple[str, Any], ...]:
    """Return how old a connection grows. A channel asks DNS again when it has lost one: so it hears of new replicas."""
    age_ms = settings.connection_age_max_ms
    return (("grpc.max_connection_age_ms", age_ms),) if age_ms else ()


def bind(server: grpc.aio.Server, host: str, port: int, tls: TlsFiles = PLAIN) -> int:
    """Bind the port of *server*, with TLS where *tls* names a certificate, and return it.

    Raises:
        OSError: the port is taken, or a file of *tls* cannot be used.
    """
    wanted = address_of(host, port)
    credentials = server_credentials(tls) if tls.cert else None
    if credentials is None and not is_loopback(host):
        log.warning("whoever reaches this address can read and change what is sent", host=host, tls=False)
    try:
        if credentials is not None:
            return int(server.add_secure_port(wanted, credentials))
        return int(server.add_insecure_port(wanted))
    except RuntimeError as error:
        raise OSError(f"cannot listen on {wanted}: is the port taken?") from error


def address_of(host: str, port: int) -> str:
    """Return "host:port", with brackets around an address of IPv6."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether *host*, an address or a name, is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def gate_of(gate: Gate | None, settings: ServerSettings) -> Gate:
    """Return the room's own *gate* behind the one that the settings ask for."""
    named = [NamedCallers(settings.tls_callers)] if settings.tls_callers else []
    return Gates([*named, *([gate] if gate else [])])


async def probe_server(settings: ServerSettings, health_servicer: HealthServicer) -> grpc.aio.Server:
    """Start the server that answers health checks without TLS; one that listens nowhere unless the settings name a port.

    Raises:
        OSError: the port is taken.
    """
    server = grpc.aio.server(options=(*bounds(settings), ("grpc.so_reuseport", 0)))
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    if settings.probe_port:
        bind(server, settings.host, settings.probe_port)
    await server.start()
    return server
