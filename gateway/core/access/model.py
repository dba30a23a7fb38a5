"""Callers."""

from dataclasses import dataclass

from triptych.vocabulary.roles import EVERY_CATALOG, Role


@dataclass(frozen=True)
class Caller:
    """Who calls.

    Args:
        id: stands in logs; no secret.
        role: the highest; None: none at all.
        catalogs: those it may use; "*": every one.
        requests_per_second, requests_at_once: at most; None: no limit.
    """

    id: str
    role: Role | None
    catalogs: frozenset[str]
    requests_per_second: float | None = None
    requests_at_once: int | None = None

    def may(self, role: Role) -> bool:
        """Whether it may do what *role* may."""
        return self.role is not None and self.role >= role

    def may_use(self, catalog: str) -> bool:
        """Whether it may use *catalog*, whether there is one or not."""
        return EVERY_CATALOG in self.catalogs or catalog in self.catalogs
