"""Files kept by their content in a folder."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from services.encoder.adapters.durable import is_full, size_of, sync_folder, write_durably
from services.encoder.adapters.no_media import not_kept
from services.encoder.core.parts import content_id
from triptych.runtime.logs import log
from triptych.vocabulary.errors import Reason, ResourceExhausted, Unavailable

PREFIX = "sha256:"
PARTIAL = "partial"
# A partial file of that age belongs to nobody who still writes.
PARTIAL_S = 3600.0


class MediaFolder:
    """Implements `MediaStore` in *folder*, of at most *bytes_max* bytes in all.

    A content is the file ab/ab34…, named by its SHA-256. It is written beside its place, brought to the disk, and
    renamed: it is there whole or not at all, and never written again. *threads* wait for the disk side by side, which
    then has one journal to write for several files: a tenth of the time.

    Raises:
        OSError: the folder cannot be made or written.
    """

    def __init__(
        self,
        folder: Path,
        bytes_max: int,
        threads: ThreadPoolExecutor,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._threads = threads
        self._bytes_max = bytes_max
        self._now = now
        # Whether a content is there, and that it is, must not change between a look and what follows from it.
        self._lock = threading.Lock()
        for name in (PARTIAL, *(f"{byte:02x}" for byte in range(256))):
            (folder / name).mkdir(parents=True, exist_ok=True)
        sync_folder(folder)
        for partial in (folder / PARTIAL).iterdir():
            # Another encoder's may be gone by now.
            with suppress(FileNotFoundError):
                if partial.stat().st_mtime < now() - PARTIAL_S:
                    partial.unlink()
        self._bytes = sum(size_of(path) or 0 for path in folder.glob("[0-9a-f][0-9a-f]/*"))

    @property
    def size_bytes(self) -> int:
        """What is kept, as far as this encoder knows."""
        return self._bytes

    async def keep(self, contents: Mapping[str, bytes]) -> Collection[str]:
        """See the port."""
        await asyncio.to_thread(self._keep, contents)
        return contents.keys()

    async def get(self, content_id: str) -> bytes:
        """See the port."""
        return await asyncio.to_thread(self._get, content_id)

    async def confirm(self, ids: Collection[str]) -> set[str]:
        """See the port."""
        return await asyncio.to_thread(self._confirm, ids)

    async def ids(self, after: str, limit: int, before_s: float) -> list[str]:
        """See the port."""
        return await asyncio.to_thread(self._ids, after, limit, before_s)

    async def remove(self, ids: Collection[str], before_s: float) -> int:
        """See the port."""
        return await asyncio.to_thread(self._remove, ids, before_s)

    @contextmanager
    def _mapped_errors(self) -> Iterator[None]:
        """Raise what the disk says as errors of our own."""
        try:
            yield
        except OSError as error:
            log.error("the media store cannot be used", folder=str(self._folder), why=str(error))
            if is_full(error):
                raise full(self._bytes_max) from error
            raise Unavailable.because_of("media store") from error

    def _path(self, content_id: str) -> Path:
        name = content_id.removeprefix(PREFIX)
        return self._folder / name[:2] / name

    def _keep(self, contents: Mapping[str, bytes]) -> None:
        with self._mapped_errors():
            missing = {
                self._path(each): data for each, data in contents.items() if not self._is_kept(each, data)
            }
            taken = sum(map(len, missing.values()))
            self._take(taken)
            try:
                self._write(missing)
            except OSError:
                self._take(-taken)
                raise

    def _is_kept(self, content_id: str, data: bytes) -> bool:
        """Whether a content is there whole; if it is, it counts as kept anew."""
        path = self._path(content_id)
        with self._lock:
            if size_of(path) != len(data):
                return False
            os.utime(path, (self._now(), self._now()))
            return True

    def _confirm(self, ids: Collection[str]) -> set[str]:
        missing: set[str] = set()
        with self._mapped_errors():
            for each in ids:
                try:
                    with self._lock:
                        os.utime(self._path(each), (self._now(), self._now()))
                except FileNotFoundError:
                    missing.add(each)
        return missing

    def _take(self, count: int) -> None:
        with self._lock:
            if self._bytes + count > self._bytes_max:
                raise full(self._bytes_max)
            self._bytes += count

    def _write(self, files: Mapping[Path, bytes]) -> None:
        partials = {path: self._folder / PARTIAL / uuid4().hex for path in files}
        try:
            self._side_by_side(write_durably, partials.values(), files.values())
            for path, partial in partials.items():
                self._place(partial, path)
            self._side_by_side(sync_folder, {path.parent for path in files})
        finally:
            for partial in partials.values():
                partial.unlink(missing_ok=True)

    def _side_by_side(self, work: Callable[..., None], *arguments: Iterable[Any]) -> None:
        done = [self._threads.submit(work, *each) for each in zip(*arguments, strict=True)]
        # All have ended before the first failure is told: nobody writes any more when what was written is removed.
        wait(done)
        for each in done:
            each.result()

    def _place(self, partial: Path, path: Path) -> None:
        os.utime(partial, (self._now(), self._now()))
        with self._lock:
            # Somebody may have been quicker, or the file there may be damaged: its bytes are no longer extra.
            there = size_of(path)
            if there != partial.stat().st_size:
                partial.replace(path)
            self._bytes -= there or 0

    def _get(self, wanted: str) -> bytes:
        path = self._path(wanted)
        with self._mapped_errors():
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                raise not_kept() from None
            if content_id(data) != wanted:
                log.error("a kept file is damaged and removed", path=str(path))
                self._unlink(path, lambda _: True)
                raise not_kept()
            return data

    def _ids(self, after: str, limit: int, before_s: float) -> list[str]:
        last = after.removeprefix(PREFIX)
        found: list[str] = []
        with self._mapped_errors():
            for byte in range(int(last[:2] or "0", 16), 256):
                with os.scandir(self._folder / f"{byte:02x}") as entries:
                    names = [each.name for each in entries if each.name > last and _is_older(each, before_s)]
                found += [PREFIX + name for name in sorted(names)]
                if len(found) >= limit:
                    break
        return found[:limit]

    def _remove(self, ids: Collection[str], before_s: float) -> int:
        with self._mapped_errors():
            return sum(
                self._unlink(self._path(each), lambda status: status.st_mtime < before_s) for each in ids
            )

    def _unlink(self, path: Path, is_wanted: Callable[[os.stat_result], bool]) -> bool:
        with self._lock:
            try:
                status = path.stat()
            except FileNotFoundError:
                return False
            if not is_wanted(status):
                return False
            path.unlink(missing_ok=True)
            self._bytes -= status.st_size
            return True


def _is_older(entry: os.DirEntry[str], before_s: float) -> bool:
    try:
        return entry.stat().st_mtime < before_s
    except FileNotFoundError:
        # Removed since the folder was read.
        return False


def full(bytes_max: int) -> ResourceExhausted:
    """Return the error for a store, or a disk, without room."""
    return ResourceExhausted(
        "The media store has no room for more.",
        reason=Reason.STORAGE_FULL,
        metadata={"bytes_max": str(bytes_max)},
    )
