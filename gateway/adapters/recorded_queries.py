"""Queries that were recorded lately, in the gateway's file of events: a bounded ring for each catalogue, words alone."""

import sqlite3
from contextlib import closing

from gateway.adapters.events import SqliteEvents
from triptych.vocabulary.choices import EventType

# So many are kept of a catalogue.
KEPT_MAX = 2_000
# How relevant a product is that a customer did this with; the largest counts.
GAINS = {EventType.CLICKED: 1.0, EventType.CARTED: 2.0, EventType.BOUGHT: 3.0}
_OLD = """
DELETE FROM queries WHERE catalog = ?1 AND number <= (
    SELECT number FROM queries WHERE catalog = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)
"""
_JUDGED = """
SELECT q.text, e.product_id, e.type
FROM queries q JOIN answers a ON a.search_id = q.search_id JOIN events e ON e.answer = a.number
WHERE q.catalog = ? ORDER BY q.number DESC
"""


class RecordedQueries:
    """Implements `Recorded` and `QueryStore` in the file of *events*."""

    def __init__(self, events: SqliteEvents) -> None:
        self._events = events

    async def keep(self, catalog: str, search_id: str, text: str) -> None:
        """See the port."""

        def store(connection: sqlite3.Connection) -> None:
            with closing(connection.cursor()) as cursor:
                cursor.execute(
                    "INSERT OR IGNORE INTO queries (catalog, search_id, text) VALUES (?, ?, ?)",
                    (catalog, search_id, text),
                )
                cursor.execute(_OLD, (catalog, KEPT_MAX))

        await self._events.run(store)

    async def queries(self, catalog: str, limit: int) -> list[str]:
        """See the port."""

        def read(connection: sqlite3.Connection) -> list[str]:
            sql = "SELECT text FROM queries WHERE catalog = ? ORDER BY number DESC"
            texts = dict.fromkeys(text for (text,) in connection.execute(sql, (catalog,)))
            return list(texts)[:limit]

        return await self._events.run(read)

    async def judgements(self, catalog: str, limit: int) -> dict[str, dict[str, float]]:
        """See the port."""

        def read(connection: sqlite3.Connection) -> dict[str, dict[str, float]]:
            found: dict[str, dict[str, float]] = {}
            for text, product_id, kind in connection.execute(_JUDGED, (catalog,)):
                gain = GAINS.get(EventType(kind), 0.0)
                if gain and (text in found or len(found) < limit):
                    gains = found.setdefault(text, {})
                    gains[product_id] = max(gain, gains.get(product_id, 0.0))
            return found

        return await self._events.run(read)
