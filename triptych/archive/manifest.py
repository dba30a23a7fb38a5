"""What an archive holds: its manifest, written last, so that a folder without one is no archive yet."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FORMAT = "triptych-archive-1"
NAME = "manifest.json"
_BLOCK_BYTES = 1024 * 1024


class ArchiveError(Exception):
    """A folder that is no archive, or not a whole one; the message says why."""


@dataclass(frozen=True)
class Part:
    """A Parquet file: its name, how many products it has, and the SHA-256 of its bytes."""

    name: str
    products: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What an archive holds.

    Args:
        catalog: the catalogue that it is of.
        pack: the model pack of its vectors.
        spaces: triptych.v1.VectorSpace messages in protobuf's JSON mapping.
        calibration: triptych.v1.Calibration in that mapping; None where there was none.
        created: when, in ISO 8601.
        parts: its files, in order.
    """

    catalog: str
    pack: str
    spaces: list[dict[str, Any]]
    calibration: dict[str, Any] | None
    created: str
    parts: tuple[Part, ...]

    @property
    def products(self) -> int:
        """How many products there are."""
        return sum(part.products for part in self.parts)

    def write(self, folder: Path) -> None:
        """Write it to *folder*."""
        facts = {"format": FORMAT, "products": self.products, **asdict(self)}
        (folder / NAME).write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the archive in *folder*, after comparing the checksum of every file.

    Raises:
        ArchiveError: there is none, it is of another format, or a file is missing or was changed.
    """
    manifest = _parsed(folder / NAME)
    for part in manifest.parts:
        path = folder / part.name
        # A name of our own has no folder in it.
        if Path(part.name).name != part.name or not path.is_file():
            raise ArchiveError(f"{path} is missing")
        if checksum(path) != part.sha256:
            raise ArchiveError(f"{path} was changed since the backup, or is damaged")
    return manifest


def checksum(path: Path) -> str:
    """Return the SHA-256 of the file at *path*."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _parsed(path: Path) -> Manifest:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts.pop("format") != FORMAT:
            raise ArchiveError(f"{path} is of another version than {FORMAT}")
        facts.pop("products")
        return Manifest(**facts | {"parts": tuple(Part(**part) for part in facts["parts"])})
    except FileNotFoundError as error:
        raise ArchiveError(f"{path} is missing: this is no whole backup") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ArchiveError(f"{path} is no manifest of a backup") from error
