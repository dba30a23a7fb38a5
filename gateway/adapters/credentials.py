"""Keys, tokens, both, or neither."""

from gateway.adapters.key_file import DefaultLimits, invalid
from gateway.core.access.model import Caller
from gateway.core.access.ports import Credentials
from triptych import keyring
from triptych.vocabulary.errors import Reason, Unauthenticated
from triptych.vocabulary.roles import EVERY_CATALOG, Role


class KeysAndTokens:
    """Implements `Credentials` by those of *keys* for what looks like a key, and of *tokens* for the rest."""

    def __init__(self, keys: Credentials | None, tokens: Credentials | None) -> None:
        self._keys, self._tokens = keys, tokens

    def caller(self, sent: str) -> Caller:
        """See the port."""
        if not sent:
            raise Unauthenticated(
                "A key or token is needed, as metadata: authorization: Bearer …",
                reason=Reason.CREDENTIALS_MISSING,
            )
        asked = self._keys if sent.startswith(f"{keyring.PREFIX}_") else self._tokens
        if asked is None:
            raise invalid()
        return asked.caller(sent)


class Anybody:
    """Implements `Credentials` where nobody is asked for any."""

    def __init__(self, limits: DefaultLimits) -> None:
        self._caller = Caller(
            "anonymous",
            Role.ADMIN,
            frozenset({EVERY_CATALOG}),
            limits.requests_per_second,
            limits.requests_at_once,
        )

    def caller(self, sent: str) -> Caller:  # noqa: ARG002 - nobody is asked
        """See the port."""
        return self._caller
