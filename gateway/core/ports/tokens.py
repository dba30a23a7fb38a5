"""What travels with a client and comes back unchanged, or is refused."""

from typing import Protocol

from gateway.core.feedback.model import Shown
from gateway.core.model.answer import Chain


class Cursors(Protocol):
    """Turns where a list has come to into a token and back."""

    def seal(self, last: str, purpose: str, scope: str) -> str:
        """Return the token that goes on after *last* in the list of that purpose and scope."""

    def open(self, token: str, purpose: str, scope: str) -> str:
        """Return the last item.

        Raises:
            InvalidArgument: PAGE_TOKEN_INVALID, it was not made here, or for another list.
        """


class Chains(Protocol):
    """Turns what is left of a search into a token and back."""

    def seal(self, chain: Chain, fingerprint: bytes) -> str:
        """Return the token of *chain*, for the search of that fingerprint; no other can be made without the key."""

    def open(self, token: str, fingerprint: bytes) -> Chain:
        """Return the chain of *token*.

        Raises:
            InvalidArgument: PAGE_TOKEN_INVALID, it was not made here, or for another search.
            FailedPrecondition: PAGE_TOKEN_EXPIRED.
        """


class Attributions(Protocol):
    """Turns an answer that was shown into a token and back."""

    def seal(self, shown: Shown) -> str:
        """Return the token of *shown*; no other can be made without the key."""

    def open(self, token: str) -> Shown:
        """Return the answer of *token*.

        Raises:
            InvalidArgument: ATTRIBUTION_TOKEN_INVALID, it was not made here.
        """
