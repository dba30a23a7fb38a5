"""Letting in no more than there is memory for."""

from collections.abc import Iterator
from contextlib import contextmanager

from triptych.vocabulary.errors import Reason, ResourceExhausted

RETRY_AFTER_MS = 200


class Admission:
    """Lets at most *parts_max* parts into the service at once, so that memory stays bounded."""

    def __init__(self, parts_max: int) -> None:
        self._parts_max = parts_max
        self._parts = 0

    @contextmanager
    def admit(self, parts: int) -> Iterator[None]:
        """Hold room for *parts* parts.

        Raises:
            ResourceExhausted: there is none.
        """
        if self._parts + parts > self._parts_max:
            raise ResourceExhausted(
                "Too many parts are being encoded; try again in a moment.",
                reason=Reason.OVERLOADED,
                metadata={"parts_max": str(self._parts_max)},
                retry_after_ms=RETRY_AFTER_MS,
            )
        self._parts += parts
        try:
            yield
        finally:
            self._parts -= parts
