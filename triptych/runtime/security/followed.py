"""Files that are read again when they changed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from triptych.runtime.logs import log

Value = TypeVar("Value")
Stamp = tuple[tuple[int, ...] | None, ...]


class Followed(Generic[Value]):
    """What *read* makes of the files *paths*; made again when one of them changed.

    Raises:
        OSError, ValueError: what *read* raises, at first; later the old value is kept and the reason logged.
    """

    def __init__(self, paths: Sequence[str | Path], read: Callable[[], Value]) -> None:
        self._paths, self._read = [Path(path) for path in paths], read
        self._seen = self._stamp()
        self._value = read()

    def value(self) -> Value:
        """Return the value of now; costs a look at each file's date."""
        stamp = self._stamp()
        if stamp != self._seen:
            # Remembered before reading: what changes meanwhile is seen the next time.
            self._seen = stamp
            self._renew()
        return self._value

    def _renew(self) -> None:
        paths = [str(path) for path in self._paths]
        try:
            self._value = self._read()
        except (OSError, ValueError) as error:
            log.error("changed files are not used, the old ones are kept", paths=paths, why=str(error))
        else:
            log.info("changed files are used", paths=paths)

    def _stamp(self) -> Stamp:
        return tuple(_stamp_of(path) for path in self._paths)


def _stamp_of(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    # The time of change tells of permissions too, the number of the file of one that was put in its place.
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size
