"""What is wrong with a dataset, and where: for a person as a table, for a program as JSON."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from training.errors import TrainingError

_SHOWN_PER_KIND = 5


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Args:
        where: file, and line where it has lines: "train/images/12.jpg", "manifest.jsonl:17".
        what: one sentence.
        fatal: training on this data would fail or mislead.
        kind: groups problems of one sort, for programs: "image_unreadable", "duplicate_id" …
        skippable: leaving the record out mends it.
    """

    where: str
    what: str
    fatal: bool
    kind: str = "other"
    skippable: bool = False


@dataclass(frozen=True)
class Report:
    """All problems of a dataset, in the order of its files."""

    source: str
    problems: tuple[Problem, ...] = ()
    skipped: int = 0

    @property
    def ok(self) -> bool:
        """Return whether nothing stops the training."""
        return not self.stopping()

    def stopping(self, *, skip_bad: bool = False) -> tuple[Problem, ...]:
        """Return the problems that stop the training; with *skip_bad* only those that skipping cannot mend."""
        return tuple(one for one in self.problems if one.fatal and not (skip_bad and one.skippable))

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "source": self.source,
            "ok": self.ok,
            "skipped": self.skipped,
            "problems": [asdict(one) for one in self.problems],
        }

    def table(self) -> Table:
        """Return a table with the first few problems of each kind and how many more there are."""
        table = Table(title=Text(f"{self.source}: {len(self.problems)} problems"), title_justify="left")
        for name in ("", "where", "what"):
            table.add_column(name, overflow="fold")
        counts, shown = Counter(one.kind for one in self.problems), Counter[str]()
        for one in self.problems:
            shown[one.kind] += 1
            if shown[one.kind] <= _SHOWN_PER_KIND:
                table.add_row("error" if one.fatal else "note", Text(one.where), Text(one.what))
            elif shown[one.kind] == counts[one.kind]:
                table.add_row("", "…", f"{counts[one.kind] - _SHOWN_PER_KIND} more: {one.kind}")
        return table

    def text(self, width: int = 110) -> str:
        """Return the table as plain text of at most *width* columns; empty when nothing is wrong."""
        if not self.problems:
            return ""
        console = Console(width=width, no_color=True)
        with console.capture() as captured:
            console.print(self.table())
        return captured.get()


class DatasetError(TrainingError):
    """The data cannot be trained on; *report* says all that is wrong with it."""

    def __init__(self, report: Report, stopping: tuple[Problem, ...]) -> None:
        self.report = report
        first = stopping[0]
        more = f" ({len(stopping) - 1} more problems)" if len(stopping) > 1 else ""
        super().__init__(f"{first.where}: {first.what}{more}")
