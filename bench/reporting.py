"""How every benchmark is called, and what it leaves: a table on the screen, its figures in a file."""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser that shows *description* as it is written."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def needs(data: Path) -> None:
    """End where *data* is missing."""
    if not data.exists():
        raise SystemExit(f"{data} is not there: the data is not part of this repository")


def show(rows: Sequence[Mapping[str, object]], title: str = "", width: int | None = None) -> None:
    """Print *rows*, of which all have the keys of the first, as a table *width* characters wide."""
    table = Table(*rows[0], title=title or None)
    for row in rows:
        table.add_row(*map(text_of, row.values()))
    Console(width=width).print(table)


def text_of(value: object) -> str:
    """Return a cell; numbers that are not whole are rounded to four places."""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def keep(figures: object, path: Path) -> None:
    """Write *figures* as JSON."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n")
