"""What a room's own files take of the disk, looked at when Prometheus asks. Listed in docs/metrics.md (tested)."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path

from prometheus_client import Gauge

USED = Gauge("triptych_store_bytes", "What a store of the room takes of the disk.", ["store"])
LIMIT = Gauge("triptych_store_limit_bytes", "What it may take by its setting.", ["store"])
FREE = Gauge("triptych_store_disk_free_bytes", "What is free on the disk of a store.", ["store"])
SIZE = Gauge("triptych_store_disk_size_bytes", "The size of that disk.", ["store"])


def watch_store(
    name: str, path: Path, used: Callable[[], float] | None = None, limit_bytes: int | None = None
) -> None:
    """Show how full the store *name* is, and the disk that *path* is on.

    Args:
        name: one of a few: "events", "words", "media".
        path: the file or folder; it need not exist yet.
        used: returns the bytes that it takes; None for the size of the file at *path*.
        limit_bytes: the most that it may take; None where no setting says so.
    """
    USED.labels(name).set_function(used or (lambda: size_of(path)))
    if limit_bytes is not None:
        LIMIT.labels(name).set(limit_bytes)
    FREE.labels(name).set_function(lambda: disk(path, 2))
    SIZE.labels(name).set_function(lambda: disk(path, 0))


def size_of(path: Path) -> float:
    """Return the bytes of the file at *path*, 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0.0


def disk(path: Path, place: int) -> float:
    """Return the total (0), used (1) or free (2) bytes of the disk where *path* is or would be; NaN if nobody knows."""
    try:
        return shutil.disk_usage(next(each for each in (path, *path.absolute().parents) if each.exists()))[
            place
        ]
    except OSError:
        return math.nan
