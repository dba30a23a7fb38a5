"""The pictures and sounds of products that are kept."""

from collections.abc import Collection, Sequence
from typing import Protocol


class KeptMedia(Protocol):
    """What the encoder keeps, by content ids. Every method raises Unavailable when the store cannot be used."""

    async def confirm(self, ids: Collection[str]) -> Sequence[str]:
        """Let *ids* count as kept anew; return those that are not there."""

    async def ids(self, after: str, limit: int, before_s: float) -> Sequence[str]:
        """Return the first *limit* ids after *after*, in order, of what was last kept before *before_s* (since 1970)."""

    async def remove(self, ids: Collection[str], before_s: float) -> int:
        """Remove those of *ids* that were last kept before *before_s*; return how many."""
