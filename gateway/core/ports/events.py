"""What customers did, kept."""

from collections.abc import Sequence
from typing import Protocol

from gateway.core.feedback.model import Event, JudgedAnswer


class EventStore(Protocol):
    """Keeps what customers did.

    Every method raises ResourceExhausted (STORAGE_FULL), or Unavailable when the store cannot be read or written.
    """

    async def record(self, events: Sequence[Event]) -> None:
        """Keep *events*, all or none; those whose ids are known stay as they were. Durable when it returns."""

    async def forget(self, catalog: str) -> None:
        """Remove all answers of *catalog* with their events."""

    async def answers(self, catalog: str, after: int, limit: int) -> list[JudgedAnswer]:
        """Return the first *limit* answers with numbers above *after*, by number: the order of their first events."""
