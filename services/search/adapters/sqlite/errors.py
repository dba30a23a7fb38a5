"""What SQLite says, in our own terms."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from triptych.runtime.logs import log
from triptych.vocabulary.errors import (
    DeadlineExceeded,
    Internal,
    Reason,
    ResourceExhausted,
    TriptychError,
    Unavailable,
)

DEPENDENCY = "lexical index"

# The file cannot be used as it is: somebody has to look after it.
_BROKEN = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_IOERR,
    }
)


@contextmanager
def map_sqlite_errors(path: Path) -> Iterator[None]:
    """Raise what SQLite raises inside, about the file *path*, as errors of our own.

    Raises:
        Unavailable: the file is locked, or cannot be read or written; the log says why.
        DeadlineExceeded: the query was broken off.
        ResourceExhausted: no room to write (STORAGE_FULL).
        Internal: SQLite does not understand what we ask.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(error, path) from error


def _translated(error: sqlite3.Error, path: Path) -> TriptychError:
    # The low byte is the primary code; the others say more exactly what went wrong.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return ResourceExhausted("The lexical index has no room for more.", reason=Reason.STORAGE_FULL)
    if code == sqlite3.SQLITE_INTERRUPT:
        return DeadlineExceeded()
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Unavailable.because_of(DEPENDENCY)
    if code in _BROKEN:
        log.error("the lexical index cannot be used", path=str(path), why=str(error))
        return Unavailable.because_of(DEPENDENCY)
    return Internal()
