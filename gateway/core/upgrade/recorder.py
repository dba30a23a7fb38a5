"""Recording some of the queries, so that packs can be compared by what customers ask for."""

import asyncio
import contextlib
import random
from collections.abc import Callable

from gateway.core.model.query import Content, Query
from gateway.core.upgrade.ports import QueryStore
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import TriptychError

TEXT_CHARACTERS_MAX = 1_024


class Recorder:
    """Keeps a *share* of the queries of words alone in *store*; of pictures and sounds nothing is ever kept.

    Args:
        store: where they are kept.
        share: 0 to 1; 0 keeps none.
        draw: returns a number from 0 to below 1.
    """

    def __init__(self, store: QueryStore, share: float, draw: Callable[[], float] = random.random) -> None:
        self._store = store
        self._share = share
        self._draw = draw
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, query: Query, search_id: str) -> None:
        """Keep *query*, if it is drawn, without anybody waiting for it."""
        text = text_of(query)
        if text and self._draw() < self._share:
            task = asyncio.create_task(self._keep(query.catalog, search_id, text))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _keep(self, catalog: str, search_id: str, text: str) -> None:
        # A query that is not recorded is no harm; a full disk is told by the events.
        with contextlib.suppress(TriptychError):
            await self._store.keep(catalog, search_id, text)


def text_of(query: Query) -> str:
    """Return the words of a query that has nothing else; empty for any other."""
    (part, *others) = query.parts or (None,)
    if part is None or others or query.filter or not part.is_wanted or not isinstance(part.content, Content):
        return ""
    if part.content.modality is not Modality.TEXT or len(part.content.text) > TEXT_CHARACTERS_MAX:
        return ""
    return part.content.text
