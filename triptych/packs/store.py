"""Where packs lie: the one that comes along, and a folder of others."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from triptych.packs.pack import PACK_FILE, Pack, PackError, read_pack
from triptych.packs.verify import verify


@dataclass(frozen=True)
class Store:
    """The packs of a machine.

    Args:
        folder: holds packs, each in a folder of its own; need not exist.
        shipped: the pack that comes along with the suite.
    """

    folder: Path
    shipped: Path

    def folders(self) -> Iterator[Path]:
        """Return the folder of every pack, sound or not: the shipped one first, the others by name."""
        if (self.shipped / PACK_FILE).exists():
            yield self.shipped
        if self.folder.is_dir():
            # Names with a dot in front are packs that are being written.
            yield from sorted(
                path for path in self.folder.iterdir() if path.is_dir() and not path.name.startswith(".")
            )

    def find(self, reference: str) -> Path:
        """Return the folder of a pack named by NAME, NAME-VERSION or a folder; of several versions the last one.

        Raises:
            PackError: there is none.
        """
        if (Path(reference) / PACK_FILE).is_file():
            return Path(reference)
        known = [pack for folder in self.folders() if (pack := _read(folder))]
        named = [pack for pack in known if reference in {pack.name, pack.id}]
        if named:
            return max(named, key=lambda pack: (pack.id == reference, _order(pack.version))).folder
        if Path(reference).is_dir():
            raise PackError(f"{reference} is no pack: it has no {PACK_FILE}")
        names = ", ".join(pack.id for pack in known) or "none"
        raise PackError(f"there is no pack {reference!r}; known are: {names}")

    def place_of(self, name: str, version: str) -> Path:
        """Return the folder in which a pack that is imported belongs."""
        return self.folder / f"{name}-{version}"


@dataclass(frozen=True)
class Listed:
    """A pack as a list shows it: its facts where they can be read, and what is wrong with it ("" when it is sound)."""

    folder: Path
    pack: Pack | None
    problem: str


def inspected(folder: Path) -> Listed:
    """Return what there is to say of the pack in *folder*."""
    try:
        return Listed(folder, verify(folder), "")
    except PackError as error:
        return Listed(folder, _read(folder), str(error))


def _read(folder: Path) -> Pack | None:
    try:
        return read_pack(folder)
    except PackError:
        return None


def _order(version: str) -> tuple[tuple[int, str], ...]:
    """Return *version* so that 10 comes after 9, and letters after numbers."""
    words = version.replace("_", ".").split(".")
    return tuple((int(word), "") if word.isdecimal() else (1 << 62, word) for word in words)
