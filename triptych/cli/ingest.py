"""`triptych ingest`: products of a file into a catalogue, with a progress bar, resumable, errors to a file."""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from triptych.cli.bars import bar
from triptych.cli.checkpoint import Checkpoint
from triptych.cli.connection import connect
from triptych.cli.ingest_ledger import Ledger
from triptych.cli.options import Address, Catalog
from triptych.cli.output import EXIT_BAD_INPUT, EXIT_FAILED, err, errors_as_lines, fail, out
from triptych.cli.product_files import STDIN, Line, count_lines, read_lines
from triptych.client import Client
from triptych.ingesting import BackOff, Item

EXIT_STOPPED = 130


def ingest(
    file: Annotated[
        Path,
        typer.Argument(help="Products: JSON Lines (one Product a line) or CSV; - for JSON Lines from stdin."),
    ],
    media_root: Annotated[
        Path | None, typer.Option(help="Folder of the pictures and sounds; default: the file's own folder.")
    ] = None,
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
    state: Annotated[
        Path, typer.Option(help="Where it is kept how far an earlier run came.", envvar="TRIPTYCH_STATE")
    ] = Path("var/suite"),
    restart: Annotated[
        bool, typer.Option(help="Start from the first line whatever was sent before.")
    ] = False,
    patience_s: Annotated[
        float, typer.Option(min=0, help="How long to go on when nothing can be stored, in seconds.")
    ] = 120.0,
) -> None:
    """Store the products of a file. A run that was stopped goes on where it was; storing a product again is harmless."""
    with errors_as_lines():
        root = (media_root or file.parent).resolve(strict=True)
        total = None if file == STDIN else count_lines(file)
        checkpoint = Checkpoint.open(state, file, catalog, address)
    if total == 0:
        raise fail(f"{file}: there is nothing in it", EXIT_BAD_INPUT)
    with errors_as_lines(), connect(address) as client:
        done = 0 if restart else checkpoint.verified(client, catalog)
        if not done:
            checkpoint.reset()
        ledger = send(client, catalog, file, root, checkpoint, total, patience_s)
    report(ledger, file, catalog, total, done)


def send(
    client: Client,
    catalog: str,
    file: Path,
    root: Path,
    checkpoint: Checkpoint,
    total: int | None,
    patience_s: float,
) -> Ledger:
    """Send the lines that are not settled yet; return what became of all."""
    done = checkpoint.done
    with errors_path(file).open("a", encoding="utf-8") as errors, progress() as bars:
        # What an earlier run wrote after its last checkpoint will be written again.
        errors.truncate(min(checkpoint.errors_bytes, errors.tell()))
        ledger = Ledger(checkpoint, errors)
        ledger.save()  # where nothing can be kept, nothing is sent
        bar = bars.add_task(
            "storing " + ("standard input" if file == STDIN else file.name),
            total=total,
            completed=done,
            trouble="",
        )

        def back_off(told: BackOff) -> None:
            bars.update(bar, trouble=f"waiting: {told.reason.message}")

        items = numbered(read_lines(file, root), done, ledger)
        try:
            with closing(
                client.ingest_items(items, catalog=catalog, patience_s=patience_s, on_back_off=back_off)
            ) as settled:
                for each in settled:
                    ledger.settle(each.sequence, each.id, each.error.message if each.error else "")
                    bars.update(bar, completed=ledger.done, trouble="")
            ledger.advance()
            bars.update(bar, completed=ledger.done)
        except KeyboardInterrupt:
            err.print(stopped(file, ledger), soft_wrap=True)
            raise typer.Exit(EXIT_STOPPED) from None
        finally:
            ledger.save()
    if not ledger.refused:
        errors_path(file).unlink()
    return ledger


def numbered(lines: Iterator[Line], done: int, ledger: Ledger) -> Iterator[Item]:
    """Yield what can be sent of the lines after the first *done*; the ledger has them all."""
    for place, line in enumerate(islice(lines, done, None), start=done + 1):
        ledger.take(place, line)
        if line.product is not None:
            yield Item(sequence=place, product=line.product)


def report(ledger: Ledger, file: Path, catalog: str, total: int | None, done: int) -> None:
    """Say how many products are in the catalogue, and where those are that were refused."""
    total = ledger.done if total is None else total
    earlier = f", {done} of them from an earlier run" if done else ""
    out.print(
        f"{total - ledger.refused} of {total} products are in catalogue {catalog!r}{earlier}", soft_wrap=True
    )
    if ledger.refused:
        where = f"{ledger.refused} refused: see {errors_path(file)}"
        err.print(where, style="red", soft_wrap=True)
        raise typer.Exit(EXIT_FAILED)


def stopped(file: Path, ledger: Ledger) -> str:
    """Return what to say of a run that was interrupted."""
    if file == STDIN:
        return f"stopped; the first {ledger.done} lines are settled"
    return f"stopped after {ledger.done} lines; the same command goes on from there"


def errors_path(file: Path) -> Path:
    """Return where the refused lines of *file* go: they can be mended and fed back."""
    return Path("stdin.errors.jsonl") if file == STDIN else file.with_name(f"{file.stem}.errors.jsonl")


class RateColumn(ProgressColumn):
    """Products a second."""

    def render(self, task: Task) -> Text:
        """Return it as it is now."""
        return Text(f"{task.speed:.0f}/s" if task.speed else "")


def progress() -> Progress:
    """Return a bar with the rate and the time left; none where nobody looks."""
    return bar(RateColumn(), after_time=(TextColumn("{task.fields[trouble]}", style="yellow", markup=False),))
