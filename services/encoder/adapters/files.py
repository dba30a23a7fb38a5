"""Media in folders that the operator allowed."""

import asyncio
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from services.encoder.adapters.uris import Address, not_allowed, prefix_of, unreadable
from services.encoder.core.files import too_large
from triptych.vocabulary.errors import InvalidArgument

# A file that is no regular one must not be waited for, and a link put there after the check not followed.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


class Files:
    """Reads regular files inside the folders among the prefixes *allow*, wherever links lead."""

    def __init__(self, allow: Sequence[str]) -> None:
        addresses = map(prefix_of, allow)
        self._folders = tuple(
            Path(address.path).resolve() for address in addresses if address.scheme == "file"
        )

    async def read(self, uri: str, address: Address, bytes_max: int) -> bytes:  # noqa: ARG002 - the port's
        """Return the file's bytes."""
        return await asyncio.to_thread(self._read, Path(address.path), bytes_max)

    def _read(self, path: Path, bytes_max: int) -> bytes:
        try:
            real = path.resolve()
            # Judged before it is looked at: an answer must not tell what exists outside.
            if not any(real.is_relative_to(folder) for folder in self._folders):
                raise not_allowed()
            return read_regular(real, bytes_max)
        except InvalidArgument:
            raise
        except (OSError, RuntimeError) as error:
            # RuntimeError: links that go round in a circle.
            raise unreadable() from error


def read_regular(path: Path, bytes_max: int) -> bytes:
    """Return the bytes of the regular file at *path*.

    Raises:
        OSError: it cannot be opened.
        InvalidArgument: it is no regular file, or larger than *bytes_max*.
    """
    descriptor = os.open(path, _FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise unreadable()
        if status.st_size > bytes_max:
            raise too_large(bytes_max)
        # It may grow while it is read; what is beyond the limit is refused by the one who asked.
        return file.read(bytes_max + 1)
