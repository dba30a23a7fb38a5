"""TLS on both ends, from PEM files that may change while the room runs.

New connections are made with the files as they are; connections that are open stay as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from triptych.runtime.security.followed import Followed
from triptych.runtime.security.metrics import CERTIFICATE_NOT_AFTER


@dataclass(frozen=True)
class TlsFiles:
    """Paths of PEM files; empty: none.

    Args:
        cert: a certificate with the chain below its CA, first the one that is shown.
        key: its private key, without a pass phrase.
        ca: the CAs that the other side's certificate must come from.
    """

    cert: str = ""
    key: str = ""
    ca: str = ""

    @property
    def paths(self) -> list[str]:
        """The files that there are."""
        return [path for path in (self.cert, self.key, self.ca) if path]


PLAIN = TlsFiles()


@dataclass(frozen=True)
class Pems:
    """What stands in the files; None for one that there is not."""

    cert: bytes | None
    key: bytes | None
    ca: bytes | None


def read(files: TlsFiles) -> Pems:
    """Read *files*.

    Raises:
        OSError: one cannot be read or is no PEM, or key and certificate do not belong together, as while they are
            being replaced.
    """
    cert, key, ca = (Path(path).read_bytes() if path else None for path in (files.cert, files.key, files.ca))
    try:
        if ca:
            x509.load_pem_x509_certificates(ca)
        if cert and key:
            _check(files.cert, cert, key)
    except (TypeError, ValueError) as error:  # TypeError: the key has a pass phrase
        raise OSError(f"no certificate with its own plain key, or no CA: {', '.join(files.paths)}") from error
    return Pems(cert, key, ca)


def _check(path: str, cert: bytes, key: bytes) -> None:
    """Raise ValueError or TypeError unless *key* is that of the first certificate in *cert*; tell when that ends."""
    shown = x509.load_pem_x509_certificates(cert)[0]
    if load_pem_private_key(key, None).public_key() != shown.public_key():
        raise ValueError("the key of another certificate")
    CERTIFICATE_NOT_AFTER.labels(path).set(shown.not_valid_after_utc.timestamp())


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Return what a server shows; with a CA, clients must show a certificate of it.

    Raises:
        OSError: see `read`.
    """
    followed = Followed(files.paths, lambda: _configuration(read(files)))
    return grpc.dynamic_ssl_server_credentials(
        followed.value(),
        _when_new(followed),  # type: ignore[arg-type] # None is allowed, and means the one before
        require_client_authentication=bool(files.ca),
    )


def _configuration(pems: Pems) -> grpc.ServerCertificateConfiguration:
    assert pems.key
    assert pems.cert
    return grpc.ssl_server_certificate_configuration([(pems.key, pems.cert)], pems.ca)


def _when_new(
    followed: Followed[grpc.ServerCertificateConfiguration],
) -> Callable[[], grpc.ServerCertificateConfiguration | None]:
    """Return what gRPC asks at each handshake: the configuration where it is another than the last time."""
    last = followed.value()

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        nonlocal last
        before, last = last, followed.value()
        return None if last is before else last

    return fetch


def channel_credentials(pems: Pems) -> grpc.ChannelCredentials:
    """Return what a client trusts and shows."""
    return grpc.ssl_channel_credentials(pems.ca, pems.key, pems.cert)
