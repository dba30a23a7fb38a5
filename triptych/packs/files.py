"""The files of a pack: which there are, and their checksums."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from triptych.packs.pack import PACK_FILE, PackError

# What Python and operating systems leave behind, and what no pack is made of.
_LEFTOVERS = frozenset({"__pycache__", ".DS_Store", "Thumbs.db"})


def files_of(folder: Path) -> list[Path]:
    """Return every file of the pack in *folder* but pack.json, by path.

    Raises:
        PackError: one is a link or no file: it could be another one tomorrow.
    """
    return sorted(_walk(folder, folder))


def _walk(folder: Path, root: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in _LEFTOVERS or path == root / PACK_FILE:
            continue
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise PackError(f"{path} is a link or a device; a pack is made of files only")
        if path.is_dir():
            yield from _walk(path, root)
        else:
            yield path


def checksums_of(folder: Path) -> dict[str, str]:
    """Return SHA-256 by path of every file of the pack in *folder* but pack.json."""
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files_of(folder)}


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
