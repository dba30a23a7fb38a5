"""What the readers of a folder and of a manifest hand on: records, where each came from, and what was wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from training.data.dataset import Record
from training.data.report import Problem


@dataclass(frozen=True)
class Found:
    """A record and where each of its contents stands: {"image": "train/images/12.jpg"}."""

    record: Record
    where: Mapping[str, str]

    @property
    def place(self) -> str:
        """Return where the record stands: the place of its first content."""
        return next(iter(self.where.values()))


@dataclass(frozen=True)
class Reading:
    """Good records in a fixed order; *skipped* counts those left out for a problem."""

    found: list[Found] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped: int = 0
    classes: tuple[str, ...] = ()


def bad_record(where: str, what: str, kind: str) -> Problem:
    """Return a problem that leaving its record out mends."""
    return Problem(where, what, fatal=True, kind=kind, skippable=True)


def bad_data(where: str, what: str, kind: str) -> Problem:
    """Return a problem that stops the training whatever is left out."""
    return Problem(where, what, fatal=True, kind=kind)


def note(where: str, what: str, kind: str) -> Problem:
    """Return something to know that stops nothing."""
    return Problem(where, what, fatal=False, kind=kind)
