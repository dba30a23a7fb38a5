"""Files that are written whole or not at all: neither a kill nor a full disk leaves half of one."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from training.errors import TrainingError

_PARTIAL = ".partial"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FULL_BYTES = 64 * 1024


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it takes the place of *path* when the block ends, and is removed when it fails.

    The yielded name is this process's own, so that several may write the same file: the last one stays.

    Raises:
        TrainingError: the disk is full, or the file cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}{_PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except Exception as error:
        # torch and safetensors say of a full disk that something failed, with errors of their own.
        if _says_full(error) or _is_full(path.parent):
            raise TrainingError(
                f"{path}: the disk is full; free some space or choose another folder"
            ) from error
        if isinstance(error, OSError):
            what = error.strerror or str(error)
            raise TrainingError(f"{path}: the file cannot be written: {what}") from error
        raise
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _says_full(error: Exception) -> bool:
    return getattr(error, "errno", None) in _FULL or os.strerror(errno.ENOSPC) in str(error)


def _is_full(folder: Path) -> bool:
    """Return whether next to nothing is free in *folder*."""
    with contextlib.suppress(OSError):
        found = os.statvfs(folder)
        return found.f_bavail * found.f_frsize < _FULL_BYTES
    return False


def remove_partials(folder: Path) -> None:
    """Remove what killed processes of this machine have left in *folder*."""
    for partial in folder.glob(f".*{_PARTIAL}"):
        process = partial.name.removesuffix(_PARTIAL).rpartition(".")[2]
        if not (process.isdigit() and Path(f"/proc/{process}").exists()):
            partial.unlink(missing_ok=True)
