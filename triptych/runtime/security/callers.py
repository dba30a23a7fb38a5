"""Which clients may call a room, by the names in their certificates."""

from collections.abc import Collection, Mapping
from typing import Any

from triptych.runtime.gate import Behaviour, Context
from triptych.vocabulary.errors import PermissionDenied, Reason


class NamedCallers:
    """Lets clients in whose certificate has one of *names* as a subject alternative name (or common name)."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)

    def admit(self, method: str, metadata: Mapping[str, str | bytes]) -> None:
        """See `Gate`: the certificate is known a step later."""

    def guard(self, method: str, behaviour: Behaviour) -> Behaviour:  # noqa: ARG002 - the same for all
        """See `Gate`."""

        async def guarded(request: Any, context: Context) -> Any:
            identities = context.peer_identities() or ()
            if self._names.isdisjoint(each.decode(errors="replace") for each in identities):
                raise PermissionDenied(
                    "The client's certificate has none of the names that may call this room.",
                    reason=Reason.CALLER_NOT_ALLOWED,
                )
            return await behaviour(request, context)

        return guarded
