"""Rooms that are slow, away or busy, in front of the fakes; time is short so that tests are."""

import asyncio
from dataclasses import dataclass, field

from triptych.vocabulary.errors import Unavailable


@dataclass
class Trouble:
    """What a stage suffers from: so many seconds before it does anything, or an error in its place.

    Args:
        when: which calls, by their arguments; None for all.
    """

    seconds: float = 0.0
    error: Exception | None = None
    when: object = None
    begun: int = 0
    ended: int = 0
    cancelled: int = 0

    async def suffer(self, *arguments, **more):
        """Wait, or fail."""
        if self.when is not None and not self.when(*arguments, **more):
            return
        self.begun += 1
        if self.error is not None:
            raise self.error
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        self.ended += 1


@dataclass
class Troubled:
    """A room whose methods suffer from *troubles*, by their names."""

    room: object
    troubles: dict[str, Trouble] = field(default_factory=dict)

    def __getattr__(self, name):
        method = getattr(self.room, name)
        if name not in self.troubles:
            return method

        async def troubled(*arguments, **more):
            await self.troubles[name].suffer(*arguments, **more)
            return await method(*arguments, **more)

        return troubled


def away(room: str) -> Trouble:
    """A room that does not answer."""
    return Trouble(error=Unavailable.because_of(room))
