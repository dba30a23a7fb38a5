"""What the gate needs from outside."""

from typing import Any, Protocol

from gateway.core.access.model import Caller


class Credentials(Protocol):
    """Tells who calls by what they send."""

    def caller(self, sent: str) -> Caller:
        """Return the caller who sent *sent*, a key or a token; empty: nothing was sent.

        Raises:
            Unauthenticated: CREDENTIALS_MISSING, CREDENTIALS_INVALID, CREDENTIALS_EXPIRED.
        """


class Audit(Protocol):
    """Keeps who wrote what."""

    def note(self, **facts: Any) -> None:
        """Keep *facts*; those that are None are left out."""
