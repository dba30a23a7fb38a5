"""No media store: nothing is kept."""

from collections.abc import Collection, Mapping

from triptych.vocabulary.errors import NotFound, Reason


class NoMedia:
    """Implements `MediaStore` where the operator wants none."""

    async def keep(self, contents: Mapping[str, bytes]) -> Collection[str]:  # noqa: ARG002 - the port's
        """Keep nothing."""
        return ()

    async def get(self, content_id: str) -> bytes:  # noqa: ARG002 - the port's
        """Find nothing."""
        raise not_kept()

    async def confirm(self, ids: Collection[str]) -> set[str]:
        """Find none."""
        return set(ids)

    async def ids(self, after: str, limit: int, before_s: float) -> list[str]:  # noqa: ARG002 - the port's
        """List nothing."""
        return []

    async def remove(self, ids: Collection[str], before_s: float) -> int:  # noqa: ARG002 - the port's
        """Remove nothing."""
        return 0


def not_kept() -> NotFound:
    """Return the error for a content that is not in the store."""
    return NotFound("This content is not kept; send the file again.", reason=Reason.MEDIA_NOT_KEPT)
