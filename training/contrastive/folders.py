"""Where a training keeps what it needs beside the pack it makes."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFolder:
    """The folder "PACK.training" beside the pack: checkpoints, caches and logs. It can be removed afterwards."""

    root: Path

    @classmethod
    def beside(cls, pack: Path) -> "RunFolder":
        """Return the run folder of a pack."""
        return cls(pack.resolve().with_name(f"{pack.resolve().name}.training"))

    @property
    def cache(self) -> Path:
        """Return the folder of decoded media and features."""
        return self.root / "cache"

    @property
    def recipe(self) -> Path:
        """Return the file that says what was trained, every default filled in."""
        return self.root / "recipe.json"

    @property
    def figures(self) -> Path:
        """Return the file of the figures and the fusion table."""
        return self.root / "figures.json"
