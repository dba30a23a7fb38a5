"""What a stream needs from outside."""

from typing import Protocol


class ResumeTokens(Protocol):
    """Turns how far a stream came into a token and back."""

    def seal(self, catalog: str, settled: int) -> str:
        """Return the token of a stream to *catalog*, settled up to that sequence; no other can be made without the key."""

    def open(self, token: str, catalog: str) -> int:
        """Return the sequence of *token*.

        Raises:
            InvalidArgument: RESUME_TOKEN_INVALID, it was not made here, or for another catalogue.
        """
