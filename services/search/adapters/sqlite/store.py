"""One SQLite file: its connections, threads, deadlines.

A thread of its own writes, several read; the write-ahead log lets them do so at the same time. A write is on disk when it
returns (synchronous = FULL). The event loop never waits for the file.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from services.search.adapters.sqlite.errors import DEPENDENCY, map_sqlite_errors
from services.search.adapters.sqlite.tables import CATALOGS, VERSION
from services.search.metrics import LEXICAL_SECONDS
from triptych.runtime.context import remaining_s
from triptych.runtime.logs import log
from triptych.vocabulary import spans
from triptych.vocabulary.errors import DeadlineExceeded, Unavailable

Answer = TypeVar("Answer")
Work = Callable[[sqlite3.Connection], Answer]

READERS = 4
# How long a write waits for another process, such as a backup.
_BUSY_S = 5.0
# How often, in steps of SQLite's virtual machine, a query looks whether anybody still waits for it: every ms or so.
_LOOK_STEPS = 20_000
_PRAGMAS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -32768;
PRAGMA temp_store = MEMORY
"""


class SqliteStore:
    """The file at *path*; it and its folder are made where they are missing, when it is first asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = ThreadPoolExecutor(1, "lexical-writer")
        self._readers = ThreadPoolExecutor(READERS, "lexical-reader")
        self._of_thread = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._opening = asyncio.Lock()
        self._is_open = False

    async def open(self) -> None:
        """Make the file and its tables as far as they are not there; a file that is damaged or of another version is made anew.

        Raises:
            Unavailable: it cannot be; the log says why.
        """
        async with self._opening:
            if not self._is_open:
                await asyncio.get_running_loop().run_in_executor(self._writer, self._prepare)
                self._is_open = True

    async def read(self, method: str, work: Work[Answer]) -> Answer:
        """Return what *work* finds, in a thread; it is broken off when the request's time is up or nobody waits.

        All of it is seen as of one moment, so that a catalogue which is removed meanwhile is there as a whole, or not at all.

        Raises:
            TriptychError: see `map_sqlite_errors`.
        """
        return await self._run(self._readers, method, lambda connection: _snapshot(connection, work))

    async def write(self, method: str, work: Work[Answer]) -> Answer:
        """Return what *work* returns, in the writer's thread and a transaction; durable when it returns.

        Once begun it is finished, whether anybody still waits or not.

        Raises:
            TriptychError: see `map_sqlite_errors`.
        """
        return await self._run(self._writer, method, lambda connection: _transaction(connection, work))

    async def close(self) -> None:
        """Finish what is being done and close the file."""
        for pool in (self._readers, self._writer):
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)
        while self._connections:
            self._connections.pop().close()

    async def _run(self, pool: ThreadPoolExecutor, method: str, work: Work[Answer]) -> Answer:
        abandoned = threading.Event()

        def in_thread() -> Answer:
            with map_sqlite_errors(self.path):
                connection = self._connection()
                if pool is self._readers:
                    connection.set_progress_handler(abandoned.is_set, _LOOK_STEPS)
                return work(connection)

        try:
            with spans.span(f"sqlite.{method}", calls=True), LEXICAL_SECONDS.labels(method).time():
                async with asyncio.timeout(remaining_s()):
                    await self.open()
                    return await asyncio.get_running_loop().run_in_executor(pool, in_thread)
        except TimeoutError:
            raise DeadlineExceeded from None
        finally:
            abandoned.set()

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._of_thread, "connection", None)
        if connection is None:
            # Closed by `close`, from another thread, when this one has ended.
            connection = sqlite3.connect(
                self.path,
                timeout=_BUSY_S,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
            )
            self._connections.append(connection)
            connection.executescript(_PRAGMAS)
            self._of_thread.connection = connection
        return connection

    def _prepare(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.error("the lexical index cannot be made", path=str(self.path), why=str(error))
            raise Unavailable.because_of(DEPENDENCY) from error
        with map_sqlite_errors(self.path):
            if not self._is_whole():
                self._remove()
            connection = self._connection()
            connection.execute(CATALOGS)
            connection.execute(f"PRAGMA user_version = {VERSION}")

    def _is_whole(self) -> bool:
        """Return whether the file is new, or of this version and undamaged: half a second for 100,000 products."""
        try:
            connection = self._connection()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            checked = connection.execute("PRAGMA quick_check (1)").fetchone() if version else ("ok",)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
                return False
            raise
        return version in {0, VERSION} and checked == ("ok",)

    def _remove(self) -> None:
        """Remove the file: what is in it comes from the record, and is read from there again."""
        log.warning(
            "the lexical index is damaged or of another version: it is made anew", path=str(self.path)
        )
        while self._connections:
            self._connections.pop().close()
        self._of_thread = threading.local()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def _snapshot(connection: sqlite3.Connection, work: Work[Answer]) -> Answer:
    connection.execute("BEGIN")
    try:
        return work(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _transaction(connection: sqlite3.Connection, work: Work[Answer]) -> Answer:
    connection.execute("BEGIN IMMEDIATE")
    try:
        answer = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        # Some errors have rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return answer
