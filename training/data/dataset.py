"""What a shop trains on: one record a product, whichever way its files lie, and a report of what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.data.report import Report

SPLITS = ("train", "dev", "test")
MODALITIES = ("text", "image", "audio")


@dataclass(frozen=True)
class Record:
    """One product, or one view of it. At least one of text, image and audio is there.

    *label* groups records that match one another (a product or a class); None: the record only matches itself.
    *split* is "train", "dev", "test", or None where the data has no splits of its own. *attributes* are what words
    may change: {"colour": "red", "kind": "mug"}.
    """

    id: str
    text: str | None = None
    image: Path | None = None
    audio: Path | None = None
    label: str | None = None
    split: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return which of "text", "image" and "audio" are there, in this order."""
        return tuple(name for name in MODALITIES if getattr(self, name) is not None)


@dataclass(frozen=True)
class Dataset:
    """All good records, in a fixed order, and the report of what was wrong with the others.

    *classes* are the names that labels may have, where the data lists them (classes.txt); empty: any.
    """

    path: Path
    records: tuple[Record, ...]
    report: Report
    classes: tuple[str, ...] = ()

    def split(self, name: str) -> tuple[Record, ...]:
        """Return the records of one split: "train", "dev" or "test"."""
        return tuple(record for record in self.records if record.split == name)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return which of "text", "image" and "audio" any record has."""
        return tuple(name for name in MODALITIES if any(name in record.modalities for record in self.records))

    def counts(self) -> Mapping[str, Any]:
        """Return how much there is of what, as JSON values."""
        labels = {record.label for record in self.records if record.label is not None}
        splits = {name: len(self.split(name)) for name in SPLITS}
        contents = {name: sum(name in record.modalities for record in self.records) for name in MODALITIES}
        return {"records": len(self.records), **contents, "labels": len(labels), "splits": splits}
