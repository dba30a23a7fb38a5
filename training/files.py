"""Files that are there whole or not at all, whatever happens while they are written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from training.errors import TrainingError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a path beside *path* to write to; it becomes *path* when the block ends well, and goes when it does not.

    Raises:
        TrainingError: the file cannot be written, such as on a full disk; what was at *path* is untouched.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        partial.chmod(0o644)
        partial.replace(path)
    except OSError as error:
        raise TrainingError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write *content* to *path*, whole or not at all.

    Raises:
        TrainingError: see `whole`.
    """
    with whole(path) as partial:
        partial.write_bytes(content)
