"""Where a list has come to, as a signed token."""

import json
from collections.abc import Sequence

from gateway.adapters.sealing import NotSealedHere, Seal
from triptych.vocabulary.errors import InvalidArgument, Reason


class SealedCursors:
    """Implements `Cursors`; tokens are signed by *key*, those that *accepted* ones signed are opened too."""

    def __init__(self, key: str, accepted: Sequence[str] = ()) -> None:
        self._seal = Seal(key, "triptych.list", accepted)

    def seal(self, last: str, purpose: str, scope: str) -> str:
        """See the port."""
        return self._seal.seal(json.dumps([purpose, scope, last]).encode())

    def open(self, token: str, purpose: str, scope: str) -> str:
        """See the port."""
        try:
            of, within, last = json.loads(self._seal.open(token))
        except NotSealedHere as error:
            raise refused("The page token is none that this gateway made.") from error
        if (of, within) != (purpose, scope):
            raise refused(
                "The page token belongs to another list; catalogue and filter must be as they were."
            )
        return str(last)


def refused(message: str) -> InvalidArgument:
    """Return the error for a token that cannot be used."""
    return InvalidArgument(message, reason=Reason.PAGE_TOKEN_INVALID, field="page_token")
