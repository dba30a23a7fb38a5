"""Files that were fetched a moment ago."""

import re
import time
from collections.abc import Callable

from cachetools import TTLCache

# What stands beside a file: its address, and the objects around both.
ENTRY_BYTES = 1024
_NOT_TO_KEEP = re.compile(rb"no-store|no-cache|private|max-age=0\b", re.IGNORECASE)


class RecentFiles:
    """Keeps files by address for *keep_s*, in at most *bytes_max* bytes; the least recently used go first."""

    def __init__(self, keep_s: float, bytes_max: int, now: Callable[[], float] = time.monotonic) -> None:
        self._files: TTLCache[str, bytes] = TTLCache(bytes_max, keep_s, now, size_of)
        self._bytes_max = bytes_max

    def get(self, uri: str) -> bytes | None:
        """Return what lay there a moment ago."""
        return self._files.get(uri)

    def put(self, uri: str, data: bytes, cache_control: bytes) -> None:
        """Keep a file, unless its server says that it may change at any time."""
        if size_of(data) <= self._bytes_max and not _NOT_TO_KEEP.search(cache_control):
            self._files[uri] = data


def size_of(data: bytes) -> int:
    """Return the bytes that an entry takes."""
    return len(data) + ENTRY_BYTES
