"""`triptych ingest`: a file of products into a catalogue, with a progress bar, resumable, errors to a file."""

import concurrent.futures
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from triptych.cli.checkpoint import Checkpoint
from triptych.cli.options import Address, Catalog
from triptych.cli.output import EXIT_BAD_INPUT, EXIT_FAILED, err, errors_as_lines, fail, out
from triptych.cli.product_files import Line, read_lines
from triptych.client import Client
from triptych.v1 import catalog_service_pb2 as pb

BATCH_MAX = 100
# A batch is a list of products with their pictures; this many wait for their answer at once.
BATCHES_IN_FLIGHT = 4
TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Batch:
    """Lines that are sent together; *broken* could not even be read."""

    good: tuple[Line, ...]
    broken: tuple[Line, ...]

    @property
    def size(self) -> int:
        """How many lines."""
        return len(self.good) + len(self.broken)


def ingest(
    file: Annotated[Path, typer.Argument(help="Products: JSON Lines (one Product a line) or CSV.")],
    media_root: Annotated[
        Path | None, typer.Option(help="Folder of the pictures and sounds; default: the file's own folder.")
    ] = None,
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
    batch: Annotated[int, typer.Option(min=1, max=BATCH_MAX, help="Products a request.")] = 32,
    state: Annotated[
        Path, typer.Option(help="Where it is kept how far an earlier run came.", envvar="TRIPTYCH_STATE")
    ] = Path("var/suite"),
    restart: Annotated[
        bool, typer.Option(help="Start from the first line whatever was sent before.")
    ] = False,
) -> None:
    """Store the products of a file. A run that was stopped goes on where it was; storing a product again is harmless."""
    with errors_as_lines():
        total = count_lines(file)
        root = (media_root or file.parent).resolve(strict=True)
    if not total:
        raise fail(f"{file}: there is nothing in it", EXIT_BAD_INPUT)
    checkpoint = Checkpoint.open(state, file, catalog, address)
    with errors_as_lines(), Client(address) as client:
        done = 0 if restart else checkpoint.verified(client, catalog)
        refused = send(client, catalog, file, root, checkpoint, done=done, total=total, batch=batch)
    out.print(
        f"{total - refused} of {total} products are in catalogue {catalog!r}"
        + (f", {done} of them from an earlier run" if done else "")
    )
    if refused:
        err.print(f"{refused} refused: see {errors_path(file)}", style="red", highlight=False, soft_wrap=True)
        raise typer.Exit(EXIT_FAILED)


def send(
    client: Client,
    catalog: str,
    file: Path,
    root: Path,
    checkpoint: Checkpoint,
    *,
    done: int,
    total: int,
    batch: int,
) -> int:
    """Send the lines after the first *done*; return how many were refused by now, earlier runs included."""
    refused = checkpoint.refused if done else 0
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with (
        errors_path(file).open("a" if done else "w", encoding="utf-8") as errors,
        Progress(*columns, console=err, disable=not err.is_terminal) as progress,
        concurrent.futures.ThreadPoolExecutor(BATCHES_IN_FLIGHT) as pool,
    ):
        bar = progress.add_task(f"storing {file.name}", total=total, completed=done)
        pending: list[tuple[Batch, concurrent.futures.Future[list[pb.UpsertProductResult]]]] = []
        for lines in batches(islice(read_lines(file, root), done, None), batch):
            pending.append((lines, pool.submit(upsert, client, catalog, lines)))
            if len(pending) < BATCHES_IN_FLIGHT:
                continue
            refused += settle(*pending.pop(0), errors, checkpoint, refused)
            progress.advance(bar, lines.size)
        for lines, future in pending:
            refused += settle(lines, future, errors, checkpoint, refused)
            progress.advance(bar, lines.size)
    if not refused:
        errors_path(file).unlink()
    return refused


def upsert(client: Client, catalog: str, lines: Batch) -> list[pb.UpsertProductResult]:
    """Send one batch."""
    products = [line.product for line in lines.good if line.product]
    return client.upsert(products, catalog=catalog, timeout_s=TIMEOUT_S) if products else []


def settle(
    lines: Batch,
    future: "concurrent.futures.Future[list[pb.UpsertProductResult]]",
    errors: TextIO,
    checkpoint: Checkpoint,
    refused_before: int,
) -> int:
    """Wait for a batch, note what was refused, remember how far we are; return how many were refused."""
    results = future.result()
    refused = [
        (line, result.error.message)
        for line, result in zip(lines.good, results, strict=True)
        if result.HasField("error")
    ]
    refused += [(line, line.error) for line in lines.broken]
    errors.writelines(
        line.as_error(why) + "\n" for line, why in sorted(refused, key=lambda pair: pair[0].number)
    )
    errors.flush()
    stored = [r.id for r in results if not r.HasField("error")]
    checkpoint.advance(lines.size, len(refused) + refused_before, stored[-1] if stored else None)
    return len(refused)


def batches(lines: Iterator[Line], size: int) -> Iterator[Batch]:
    """Group *lines*; an id that comes twice starts a new batch, so that the later one counts."""
    good: list[Line] = []
    broken: list[Line] = []
    ids: set[str] = set()
    for line in lines:
        if len(good) + len(broken) == size or (line.product and line.product.id in ids):
            yield Batch(tuple(good), tuple(broken))
            good, broken, ids = [], [], set()
        if line.product:
            good.append(line)
            ids.add(line.product.id)
        else:
            broken.append(line)
    if good or broken:
        yield Batch(tuple(good), tuple(broken))


def errors_path(file: Path) -> Path:
    """Return where the refused lines of *file* go: they can be mended and fed back."""
    return file.with_name(f"{file.stem}.errors.jsonl")


def count_lines(file: Path) -> int:
    """Return how many products *file* holds."""
    return sum(1 for _ in read_lines(file, None))
