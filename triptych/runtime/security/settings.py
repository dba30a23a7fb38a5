"""Settings of a room that calls Triton."""

from pydantic import Field

from triptych.runtime.security.tls import TlsFiles
from triptych.runtime.settings import ServerSettings


class TritonCallerSettings(ServerSettings):
    """How Triton is called."""

    triton_tls_ca: str = Field(
        "",
        description="PEM file of the CAs of which Triton must show a certificate, read again when it changes; empty: no TLS.",
    )
    triton_tls_cert: str = Field(
        "", description="PEM file of the certificate that the room shows Triton; empty: none."
    )
    triton_tls_key: str = Field("", description="PEM file of its private key.")

    @property
    def triton_tls(self) -> TlsFiles:
        """What Triton is called with; no CA: no TLS."""
        return TlsFiles(self.triton_tls_cert, self.triton_tls_key, self.triton_tls_ca)
