"""Events are joined to the answers that they follow from, and kept."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.core.access import current
from gateway.core.feedback.model import Event, JudgedAnswer, SentEvent, Shown
from gateway.core.ports.events import EventStore
from gateway.core.ports.tokens import Attributions
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError


@dataclass(frozen=True)
class Feedback:
    """Keeps what customers did; *now* returns the seconds since 1970."""

    attributions: Attributions
    store: EventStore
    now: Callable[[], float] = time.time

    async def record(self, events: Sequence[SentEvent | TriptychError]) -> list[TriptychError | None]:
        """Keep *events* durably; return None for each that is kept, else why not. An error among them stays what it is.

        Raises:
            ResourceExhausted: STORAGE_FULL.
            Unavailable, DeadlineExceeded: the store cannot be written, or not in time; sending again is harmless.
        """
        # A thousand tokens take some hundred milliseconds.
        outcomes = await asyncio.to_thread(self._attributed, events)
        kept = [each for each in outcomes if isinstance(each, Event)]
        if kept:
            await self.store.record(kept)
        return [each if isinstance(each, TriptychError) else None for each in outcomes]

    async def answers(self, catalog: str, after: int, limit: int) -> list[JudgedAnswer]:
        """Return the first *limit* answers of *catalog* with numbers above *after* of which an event was kept.

        Raises:
            Unavailable: the store cannot be read.
        """
        return await self.store.answers(catalog, after, limit)

    def _attributed(self, events: Sequence[SentEvent | TriptychError]) -> list[Event | TriptychError]:
        answers: dict[str, Shown] = {}
        return [each if isinstance(each, TriptychError) else self._event(each, answers) for each in events]

    def _event(self, sent: SentEvent, answers: dict[str, Shown]) -> Event | TriptychError:
        """Return *sent* with the answer that it follows from, or why there is none; *answers* are known by token."""
        try:
            shown = answers.get(sent.token) or self.attributions.open(sent.token)
        except TriptychError as error:
            return error
        answers[sent.token] = shown
        if not current.may_use(shown.catalog):
            return current.not_allowed(shown.catalog, "attribution_token")
        if sent.product_id not in shown.products:
            return InvalidArgument(
                f"The answer did not show the product {sent.product_id!r}.",
                reason=Reason.PRODUCT_NOT_SHOWN,
                field="product_id",
                metadata={"id": sent.product_id},
            )
        time_s = self.now() if sent.time_s is None else sent.time_s
        return Event(sent.id, sent.product_id, sent.type, time_s, shown)
