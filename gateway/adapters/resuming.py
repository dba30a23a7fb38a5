"""Resume tokens: how far a stream of products came, signed."""

from collections.abc import Sequence

from gateway.adapters.sealing import NotSealedHere, Seal
from triptych.vocabulary.errors import InvalidArgument, Reason

PURPOSE = "triptych.ingest"


class SealedResumes:
    """Implements `ResumeTokens`. See `Seal` for the keys."""

    def __init__(self, key: str, accepted: Sequence[str] = ()) -> None:
        self._seal = Seal(key, PURPOSE, accepted)

    def seal(self, catalog: str, settled: int) -> str:
        """See the port."""
        return self._seal.seal(f"{settled} {catalog}".encode())

    def open(self, token: str, catalog: str) -> int:
        """See the port."""
        try:
            settled, _, sealed_catalog = self._seal.open(token).decode().partition(" ")
        except NotSealedHere as error:
            raise refused("The resume token is none that this suite made.") from error
        if sealed_catalog != catalog:
            raise refused("The resume token belongs to another catalogue.")
        return int(settled)


def refused(message: str) -> InvalidArgument:
    """Return the error for a token that cannot be used."""
    return InvalidArgument(message, reason=Reason.RESUME_TOKEN_INVALID, field="start.resume_token")
