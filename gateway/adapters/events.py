"""What customers did, in one SQLite file.

A write is on disk when it returns (write-ahead log, synchronous = FULL). One thread does all the work, so that the event
loop never waits for the disk. Two gateways of one machine may share the file.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from tenacity import retry, retry_if_exception, stop_after_delay, wait_random

from gateway.core.feedback.model import Event, JudgedAnswer
from gateway.translate.feedback import shown_message, shown_of
from triptych.runtime.logs import log
from triptych.v1 import feedback_service_pb2 as pb
from triptych.vocabulary.choices import EventType
from triptych.vocabulary.errors import Reason, ResourceExhausted, Unavailable

Found = TypeVar("Found")

PAGE_BYTES = 4096
BUSY_S = 5.0
# Answers are numbered as their first events come; the number is never given twice.
TABLES = """
CREATE TABLE IF NOT EXISTS answers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    search_id TEXT NOT NULL UNIQUE,
    catalog TEXT NOT NULL,
    shown BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_of_catalog ON answers (catalog, number);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    answer INTEGER NOT NULL REFERENCES answers (number),
    product_id TEXT NOT NULL,
    type INTEGER NOT NULL,
    time_s REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS events_of_answer ON events (answer, number);
CREATE TABLE IF NOT EXISTS queries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    catalog TEXT NOT NULL,
    search_id TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS queries_of_catalog ON queries (catalog, number);
"""


class SqliteEvents:
    """Implements `EventStore` in the file at *path*, of at most *bytes_max*; it is made when it is first needed."""

    def __init__(self, path: Path, bytes_max: int) -> None:
        self._path = path
        self._pages_max = bytes_max // PAGE_BYTES
        self._thread = ThreadPoolExecutor(1, "events")
        self._connection: sqlite3.Connection | None = None

    async def record(self, events: Sequence[Event]) -> None:
        """See the port."""
        await self.run(lambda connection: record(connection, events))

    async def answers(self, catalog: str, after: int, limit: int) -> list[JudgedAnswer]:
        """See the port."""
        return await self.run(lambda connection: answers(connection, catalog, after, limit))

    async def forget(self, catalog: str) -> None:
        """See the port."""
        # A file that does not exist has nothing to forget, and is not made for it.
        if await asyncio.to_thread(self._path.exists):
            await self.run(lambda connection: forget(connection, catalog))

    async def close(self) -> None:
        """Finish what is being done and close the file."""
        await asyncio.to_thread(self._thread.shutdown, wait=True)
        if self._connection is not None:
            self._connection.close()

    async def run(self, work: Callable[[sqlite3.Connection], Found]) -> Found:
        """Return what *work* finds, in the thread; begun, it is finished whether anybody still waits or not."""

        def in_thread() -> Found:
            with map_errors(self._path):
                return work(self._open())

        return await asyncio.get_running_loop().run_in_executor(self._thread, in_thread)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = opened(self._path, self._pages_max)
        return self._connection


def is_busy(error: BaseException) -> bool:
    """Return whether another connection is in the way."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


# Two that open a new file at once are told so without any waiting: SQLite fears a deadlock.
@retry(
    retry=retry_if_exception(is_busy), stop=stop_after_delay(BUSY_S), wait=wait_random(0, 0.05), reraise=True
)
def opened(path: Path, pages_max: int) -> sqlite3.Connection:
    """Return a connection to the file at *path*, of at most *pages_max* pages, with its tables.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA max_page_count = {pages_max}")
        connection.executescript(TABLES)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def record(connection: sqlite3.Connection, events: Sequence[Event]) -> None:
    """Keep *events*, all or none, with the answers that they follow from."""
    connection.execute("BEGIN IMMEDIATE")
    # Leaves by COMMIT, or by ROLLBACK where anything failed.
    with connection:
        for event in events:
            shown = event.shown
            known = connection.execute("SELECT 1 FROM events WHERE event_id = ?", (event.id,)).fetchone()
            if known:
                continue
            connection.execute(
                "INSERT INTO answers (search_id, catalog, shown) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (shown.search_id, shown.catalog, shown_message(shown).SerializeToString()),
            )
            connection.execute(
                "INSERT INTO events (event_id, answer, product_id, type, time_s)"
                " SELECT ?, number, ?, ?, ? FROM answers WHERE search_id = ?",
                (event.id, event.product_id, int(event.type), event.time_s, shown.search_id),
            )


def answers(connection: sqlite3.Connection, catalog: str, after: int, limit: int) -> list[JudgedAnswer]:
    """Return answers with what was done, by number."""
    rows = connection.execute(
        "SELECT number, shown FROM answers WHERE catalog = ? AND number > ? ORDER BY number LIMIT ?",
        (catalog, after, limit),
    )
    with closing(rows):
        return [
            JudgedAnswer(
                number, shown_of(catalog, pb.ShownAnswer.FromString(shown)), done(connection, number)
            )
            for number, shown in rows
        ]


def forget(connection: sqlite3.Connection, catalog: str) -> None:
    """Remove the answers of *catalog* with their events, and its recorded queries."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        connection.execute(
            "DELETE FROM events WHERE answer IN (SELECT number FROM answers WHERE catalog = ?)", (catalog,)
        )
        connection.execute("DELETE FROM answers WHERE catalog = ?", (catalog,))
        connection.execute("DELETE FROM queries WHERE catalog = ?", (catalog,))


def done(connection: sqlite3.Connection, answer: int) -> dict[str, tuple[EventType, ...]]:
    """Return what was done with the products of an answer, in the order of recording."""
    events: dict[str, tuple[EventType, ...]] = {}
    for product_id, kind in connection.execute(
        "SELECT product_id, type FROM events WHERE answer = ? ORDER BY number", (answer,)
    ):
        events[product_id] = (*events.get(product_id, ()), EventType(kind))
    return events


@contextmanager
def map_errors(path: Path) -> Iterator[None]:
    """Raise what SQLite and the disk say as errors of our own."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        # The low byte is the primary code; the others say more exactly what went wrong.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise ResourceExhausted(
                "The store of events has no room for more.", reason=Reason.STORAGE_FULL
            ) from error
        log.error("the store of events cannot be used", path=str(path), why=str(error))
        raise Unavailable.because_of("store of events") from error
