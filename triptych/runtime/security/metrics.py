"""What is counted of security in every room."""

from prometheus_client import Gauge

CERTIFICATE_NOT_AFTER = Gauge(
    "triptych_tls_certificate_not_after_seconds",
    "When the certificate that the room shows ends, in seconds since 1970.",
    ["file"],
)
