"""TLS, and the key that calls bring."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import grpc

from triptych.client.calls import options


def open_channel(address: str, ca: str, cert: str, key: str, *, balanced: bool) -> grpc.Channel:
    """Open a channel, with TLS where *ca* names a PEM file; *cert* and *key* are shown where they are asked for.

    Raises:
        OSError: a file cannot be read, or is not what it should be.
        ValueError: *cert* and *key* without *ca*, which would be passed over, or one without the other.
    """
    if bool(cert) != bool(key) or (cert and not ca):
        raise ValueError("tls_cert and tls_key belong together, and to tls_ca: set all of them")
    if not ca:
        return grpc.insecure_channel(address, options=options(balanced=balanced))
    _check(ca, cert, key)
    pems = [Path(path).read_bytes() if path else None for path in (ca, key, cert)]
    return grpc.secure_channel(
        address, grpc.ssl_channel_credentials(*pems), options=options(balanced=balanced)
    )


def _check(ca: str, cert: str, key: str) -> None:
    """Raise OSError unless the files can be used; gRPC would say so on standard error, and try until the time is out."""
    try:
        context = ssl.create_default_context(cafile=ca)
    except ssl.SSLError as error:
        raise OSError(f"{ca}: no certificates in PEM") from error
    if cert:
        try:
            # Where the key has a pass phrase nobody is asked for it.
            context.load_cert_chain(cert, key, password="")
        except ssl.SSLError as error:
            raise OSError(f"{cert}, {key}: no certificate in PEM with its own plain key") from error


def with_key(channel: grpc.Channel, key: str) -> grpc.Channel:
    """Return *channel* with the metadata `authorization: Bearer …` on every call."""
    return grpc.intercept_channel(channel, Bearer(key))


class Details(NamedTuple):
    """gRPC's own class for these is private."""

    method: str
    timeout: float | None
    metadata: list[tuple[str, str | bytes]]
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: grpc.Compression | None


class Bearer(grpc.UnaryUnaryClientInterceptor, grpc.StreamStreamClientInterceptor):
    """Adds a key. gRPC's call credentials would do so over TLS alone, not over a mesh's loopback."""

    def __init__(self, key: str) -> None:
        if not (key.isascii() and key.isprintable()):
            raise ValueError("an API key is made of printable ASCII characters")
        self._pair = ("authorization", f"Bearer {key}")

    def intercept_unary_unary(
        self, continuation: Callable[[Any, Any], Any], client_call_details: Any, request: Any
    ) -> Any:
        """See grpc."""
        return continuation(self._with_key(client_call_details), request)

    def intercept_stream_stream(
        self, continuation: Callable[[Any, Any], Any], client_call_details: Any, request_iterator: Any
    ) -> Any:
        """See grpc."""
        return continuation(self._with_key(client_call_details), request_iterator)

    def _with_key(self, told: Any) -> Details:
        return Details(
            told.method,
            told.timeout,
            [*(told.metadata or ()), self._pair],
            told.credentials,
            getattr(told, "wait_for_ready", None),
            getattr(told, "compression", None),
        )
