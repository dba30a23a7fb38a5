"""What the gate counts."""

from prometheus_client import Counter

DENIED = Counter("triptych_gateway_denied", "Calls that were refused to their caller.", ["reason"])
AUDIT_FAILURES = Counter(
    "triptych_gateway_audit_failures", "Lines of the audit log that could not be written to its file."
)
