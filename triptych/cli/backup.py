"""`triptych backup` and `triptych restore`: a catalogue with its vectors to files, and back, on any engine."""

import concurrent.futures
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import grpc
import typer

from triptych.archive.files import calibration_of, read_products, spaces_of, write_archive
from triptych.archive.manifest import ArchiveError, Manifest, read_manifest
from triptych.cli.bars import bar
from triptych.cli.connection import connect
from triptych.cli.options import Address, Catalog
from triptych.cli.output import EXIT_BAD_INPUT, EXIT_FAILED, err, errors_as_lines, fail, out
from triptych.client import Client, TriptychClientError
from triptych.v1 import maintenance_service_pb2 as pb

# So many batches wait for their answer at once.
BATCHES_IN_FLIGHT = 4


def backup(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
) -> None:
    """Write a catalogue with its vectors, calibration and the facts of its models to a folder of Parquet files."""
    with errors_as_lines(), connect(address) as client, bar() as progress:
        facts = client.facts(catalog)
        task = progress.add_task(f"backing up {catalog}", total=facts.product_count)
        try:
            manifest = write_archive(
                folder,
                facts,
                client.export(catalog=catalog),
                lambda count: progress.update(task, completed=count),
            )
        except ArchiveError as error:
            raise fail(str(error), EXIT_BAD_INPUT) from error
    out.print(f"{manifest.products} products of {catalog!r} are in {folder}", soft_wrap=True)


def restore(
    folder: Annotated[Path, typer.Argument(help="What `triptych backup` made.")],
    catalog: Annotated[
        str, typer.Option(help="The catalogue to write to; default: that of the backup.")
    ] = "",
    address: Address = "localhost:7100",
    into_existing: Annotated[
        bool,
        typer.Option(
            "--into-existing", help="Also into a catalogue that has products; the same ids are replaced."
        ),
    ] = False,
) -> None:
    """Store a backup again. Nothing is encoded; one that broke off is completed with --into-existing."""
    try:
        with errors_as_lines(), connect(address) as client:
            manifest = read_manifest(folder)
            name = catalog or manifest.catalog
            count = count_of(client, name)
            if count and not into_existing:
                raise fail(f"catalogue {name!r} has products; see --into-existing", EXIT_BAD_INPUT)
            if count is None and not manifest.products:
                client.create_catalog(name)
            refused = send(client, folder, manifest, name)
            if calibration := calibration_of(manifest):
                client.set_calibration(calibration, catalog=name)
    except ArchiveError as error:
        raise fail(str(error), EXIT_BAD_INPUT) from error
    out.print(
        f"{manifest.products - refused} of {manifest.products} products are in catalogue {name!r}",
        soft_wrap=True,
    )
    if refused:
        raise typer.Exit(EXIT_FAILED)


def count_of(client: Client, catalog: str) -> int | None:
    """Return how many products *catalog* has; None where there is no such catalogue."""
    try:
        return int(client.facts(catalog).product_count)
    except TriptychClientError as error:
        if error.code is grpc.StatusCode.NOT_FOUND:
            return None
        raise


def send(client: Client, folder: Path, manifest: Manifest, catalog: str) -> int:
    """Store the products of the archive; return how many were refused, and say why."""
    spaces, refused = spaces_of(manifest), 0
    with bar() as progress, concurrent.futures.ThreadPoolExecutor(BATCHES_IN_FLIGHT) as pool:
        task = progress.add_task(f"restoring {catalog}", total=manifest.products)
        pending: list[concurrent.futures.Future[tuple[int, list[str]]]] = []

        def settle() -> int:
            count, reasons = pending.pop(0).result()
            progress.advance(task, count)
            for each in reasons:
                err.print(f"refused: {each}", style="red", soft_wrap=True)
            return len(reasons)

        for products in read_products(folder, manifest):
            pending.append(pool.submit(store, client, catalog, spaces, products))
            if len(pending) == BATCHES_IN_FLIGHT:
                refused += settle()
        while pending:
            refused += settle()
    return refused


def store(
    client: Client, catalog: str, spaces: Sequence[pb.VectorSpace], products: Sequence[pb.EncodedProduct]
) -> tuple[int, list[str]]:
    """Store *products*; return how many there were, and why some were refused."""
    outcomes = client.import_products(products, spaces, catalog=catalog)
    return len(products), [
        f"{product.product.id}: {outcome.message}"
        for product, outcome in zip(products, outcomes, strict=True)
        if outcome.code
    ]
