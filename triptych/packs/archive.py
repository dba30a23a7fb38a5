"""Packs as archives: a .tar.gz that is the same bytes for the same pack, and one that can come from a stranger."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from triptych.packs.files import files_of
from triptych.packs.pack import PACK_FILE, PackError
from triptych.packs.staging import staged
from triptych.packs.verify import verify

SUFFIXES = (".tar.gz", ".tgz")
FILES_MAX = 10_000
BYTES_MAX = 16 * 1024**3
# Weights hardly shrink. What unpacks to much more than its size is meant to fill the disk.
GROWTH_MAX = 100
GROWTH_FREE_BYTES = 64 * 1024**2
_CHUNK_BYTES = 1024**2


def is_archive(path: Path) -> bool:
    """Return whether *path* is named as an archive."""
    return path.name.endswith(SUFFIXES)


def write_archive(folder: Path, archive: Path) -> None:
    """Write the sound pack in *folder* to *archive*: no times, no owners, files in order.

    Raises:
        PackError: the pack is not sound.
        OSError: the archive cannot be written; nothing is left of it.
    """
    pack = verify(folder)
    partial = archive.with_name(f".{archive.name}.partial")
    try:
        with (
            partial.open("wb") as raw,
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            for path in (folder / PACK_FILE, *files_of(folder)):
                entry = tarfile.TarInfo(f"{pack.id}/{path.relative_to(folder).as_posix()}")
                entry.size, entry.mode = path.stat().st_size, 0o644
                with path.open("rb") as file:
                    tar.addfile(entry, file)
        partial.replace(archive)
    finally:
        partial.unlink(missing_ok=True)


def unpack_archive(archive: Path, folder: Path) -> None:
    """Unpack the pack in *archive* to *folder*, which appears whole, verified, or not at all.

    Raises:
        PackError: it is no archive, or holds what no pack is made of: links, devices, paths that lead outside, code,
            more than FILES_MAX files, or far more bytes than it has itself.
    """
    with staged(folder) as staging:
        try:
            _unpack(archive, staging)
        except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, UnicodeError) as error:
            raise PackError(f"{archive} is no archive of a pack: {error}") from error
        except OSError as error:
            raise PackError(f"{archive} cannot be unpacked: {error.strerror or error}") from error
        verify(staging)


def _unpack(archive: Path, folder: Path) -> None:
    size = archive.stat().st_size
    limit = min(BYTES_MAX, size * GROWTH_MAX + GROWTH_FREE_BYTES)
    with gzip.GzipFile(archive) as packed:
        bounded = io.BufferedReader(_Bounded(packed, limit), _CHUNK_BYTES)
        with tarfile.open(fileobj=bounded, mode="r|") as tar:
            for number, entry in enumerate(tar, start=1):
                if number > FILES_MAX:
                    raise PackError(f"the archive has more than {FILES_MAX} files")
                if not entry.isdir():
                    _write(tar, entry, folder.joinpath(*_inside(entry)))


def _inside(entry: tarfile.TarInfo) -> tuple[str, ...]:
    """Return the path of *entry* below the archive's one folder."""
    if not entry.isreg() or entry.sparse is not None:
        raise PackError(f"the archive holds {entry.name!r}, which is no plain file")
    parts = PurePosixPath(entry.name).parts
    hostile = entry.name.startswith("/") or ".." in parts or "\\" in entry.name or "\0" in entry.name
    if hostile or len(parts) < 2:
        raise PackError(f"the archive holds {entry.name!r}, which leads out of the pack's folder")
    if "__pycache__" in parts:
        raise PackError(f"the archive holds {entry.name!r}: compiled code")
    return parts[1:]


def _write(tar: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> None:
    content = tar.extractfile(entry)
    assert content is not None, "it is a file"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        target = path.open("xb")
    except FileExistsError as error:
        raise PackError(f"the archive holds {entry.name!r} twice") from error
    with target:
        for chunk in _chunks(content):
            target.write(chunk)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk


class _Bounded(io.RawIOBase):
    """Reads from a stream until it has given more than *limit* bytes, headers included."""

    def __init__(self, stream: gzip.GzipFile, limit: int) -> None:
        super().__init__()
        self._stream, self._left = stream, limit

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fill *buffer*."""
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise PackError("the archive unpacks to far more than a pack of its size holds")
        buffer[: len(data)] = data
        return len(data)
