"""The caller of the request being worked on."""

from contextvars import ContextVar

from gateway.core.access.model import Caller
from triptych.vocabulary.errors import PermissionDenied, Reason

_CALLER: ContextVar[Caller] = ContextVar("caller")


def enter(caller: Caller) -> None:
    """Make *caller* that of the current task and of all that it starts."""
    _CALLER.set(caller)


def caller() -> Caller:
    """Return the caller.

    Raises:
        LookupError: none has entered.
    """
    return _CALLER.get()


def may_use(catalog: str) -> bool:
    """Whether the caller may use *catalog*; true outside of any request."""
    current = _CALLER.get(None)
    return current is None or current.may_use(catalog)


def not_allowed(catalog: str, field: str = "catalog") -> PermissionDenied:
    """Return the error for a *catalog* that the caller may not use; it does not tell whether there is one."""
    return PermissionDenied(
        f'The caller may not use the catalogue "{catalog}".',
        reason=Reason.CATALOG_NOT_ALLOWED,
        field=field,
        metadata={"catalog": catalog},
    )
