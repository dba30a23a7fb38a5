"""`python -m bulk`: encode files of products with a Ray cluster, or on this machine, into an archive."""

from pathlib import Path
from typing import Annotated

import typer

from bulk.job import FRAGMENT_PRODUCTS, Job, run
from bulk.milvus import for_milvus
from bulk.parts import JobError
from triptych.archive.manifest import ArchiveError, read_manifest
from triptych.cli.bars import bar
from triptych.cli.output import EXIT_BAD_INPUT, EXIT_FAILED, err, fail, out
from triptych.runtime.security.tls import TlsFiles

app = typer.Typer(
    name="bulk",
    help="Encode products by the million, beside the services that search.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def encode(
    inputs: Annotated[list[Path], typer.Argument(help="Products: JSON Lines or Parquet (*.parquet).")],
    to: Annotated[Path, typer.Option(help="Folder to make, or to go on in.")],
    media_root: Annotated[
        Path | None, typer.Option(help="Folder of the pictures and sounds; default: the first file's own.")
    ] = None,
    encoder: Annotated[str, typer.Option(help="Address of the encoder room.")] = "localhost:7101",
    fusion: Annotated[str, typer.Option(help="Address of the fusion room.")] = "localhost:7102",
    catalog: Annotated[str, typer.Option(help="The name of the catalogue in the archive.")] = "default",
    workers: Annotated[int, typer.Option(min=1, help="Fragments at once.")] = 2,
    cluster: Annotated[str, typer.Option(help="Address of a Ray cluster; default: this machine.")] = "",
    fragment: Annotated[int, typer.Option(min=1, help="Lines a fragment.")] = FRAGMENT_PRODUCTS,
    tls_ca: Annotated[
        str, typer.Option(help="PEM file of the rooms' CA, where the workers run; default: no TLS.")
    ] = "",
    tls_cert: Annotated[str, typer.Option(help="PEM file of the certificate that workers show.")] = "",
    tls_key: Annotated[str, typer.Option(help="PEM file of its private key.")] = "",
) -> None:
    """Encode products into an archive, which `triptych restore` stores. A run that was stopped goes on where it was."""
    job = Job(
        tuple(inputs),
        media_root or inputs[0].parent,
        to,
        encoder,
        fusion,
        catalog,
        workers,
        cluster,
        fragment,
        TlsFiles(tls_cert, tls_key, tls_ca),
    )
    with bar() as progress:
        task = progress.add_task("fragments", total=None)
        try:
            manifest, refused = run(job, lambda done, of: progress.update(task, completed=done, total=of))
        except (JobError, OSError) as error:
            raise fail(str(error), EXIT_BAD_INPUT) from error
    out.print(f"{manifest.products} products are in {to}", highlight=False)
    if refused:
        err.print(f"{refused} refused: see {to}/part-*.errors.jsonl", style="red", highlight=False)
        raise typer.Exit(EXIT_FAILED)


@app.command()
def milvus(
    archive: Annotated[Path, typer.Argument(help="What `encode` or `triptych backup` made.")],
    to: Annotated[Path, typer.Option(help="Folder to make.")],
    catalog: Annotated[str, typer.Option(help="The catalogue; default: that of the archive.")] = "",
) -> None:
    """Write the Parquet files that Milvus imports in bulk, a folder for each collection."""
    try:
        for name, rows in for_milvus(archive, read_manifest(archive), to, catalog).items():
            out.print(f"{name}: {rows} rows", highlight=False)
    except ArchiveError as error:
        raise fail(str(error), EXIT_BAD_INPUT) from error


if __name__ == "__main__":
    app()
