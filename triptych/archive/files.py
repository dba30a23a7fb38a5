"""Archives: written whole or not at all, read part by part in constant memory."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from google.protobuf.json_format import MessageToDict, ParseDict

from triptych.archive.columns import batch_of, products_of, schema_of
from triptych.archive.manifest import NAME, ArchiveError, Manifest, Part, checksum
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import maintenance_service_pb2 as pb

# Products a file: some tens of megabytes.
PART_PRODUCTS = 10_000
# Products at a time while a file is read.
READ_PRODUCTS = 100


def write_archive(
    folder: Path,
    catalog: catalog_pb.GetCatalogResponse,
    pages: Iterable[pb.ExportProductsResponse],
    done: Callable[[int], None] = lambda _: None,
) -> Manifest:
    """Write *catalog* with the products of *pages* to *folder*, which must not exist; *done* is told how many are written.

    Raises:
        ArchiveError: the folder exists.
        OSError: it cannot be written; nothing is left behind.
    """
    if folder.exists():
        raise ArchiveError(f"{folder} exists already")
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        spaces, parts = _write_parts(unfinished, pages, done)
        manifest = Manifest(
            catalog.catalog,
            catalog.pack,
            [MessageToDict(each) for each in spaces],
            MessageToDict(catalog.calibration) if catalog.calibration.curves else None,
            datetime.now(UTC).isoformat(timespec="seconds"),
            tuple(parts),
        )
        manifest.write(unfinished)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return manifest


def read_products(folder: Path, manifest: Manifest) -> Iterator[list[pb.EncodedProduct]]:
    """Yield the products of an archive, up to `READ_PRODUCTS` at a time."""
    spaces = spaces_of(manifest)
    for part in manifest.parts:
        with pq.ParquetFile(folder / part.name) as file:
            for batch in file.iter_batches(READ_PRODUCTS):
                yield list(products_of(batch, spaces))


def spaces_of(manifest: Manifest) -> list[pb.VectorSpace]:
    """Return the spaces of an archive's vectors.

    Raises:
        ArchiveError: they cannot be read.
    """
    return [_message(each, pb.VectorSpace()) for each in manifest.spaces]


def calibration_of(manifest: Manifest) -> catalog_pb.Calibration | None:
    """Return the calibration of an archive; None where it has none.

    Raises:
        ArchiveError: it cannot be read.
    """
    return _message(manifest.calibration, catalog_pb.Calibration()) if manifest.calibration else None


def _message(facts: dict[str, Any], message: Any) -> Any:
    try:
        return ParseDict(facts, message)
    except ValueError as error:
        raise ArchiveError(f"{NAME} cannot be read: {error}") from error


def _write_parts(
    folder: Path, pages: Iterable[pb.ExportProductsResponse], done: Callable[[int], None]
) -> tuple[Sequence[pb.VectorSpace], list[Part]]:
    spaces: Sequence[pb.VectorSpace] = ()
    parts: list[Part] = []
    writer: pq.ParquetWriter | None = None
    count = written = 0
    path = folder
    for page in pages:
        if spaces and list(page.spaces) != list(spaces):
            raise ArchiveError("the catalogue was given other models meanwhile; back it up again")
        spaces = page.spaces
        schema = schema_of(spaces)
        if writer is None:
            path = folder / f"products-{len(parts):05}.parquet"
            writer = pq.ParquetWriter(path, schema, compression="zstd")
        if page.products:
            writer.write_batch(batch_of(page.products, schema))
        count += len(page.products)
        done(written + count)
        if count >= PART_PRODUCTS:
            parts.append(_closed(writer, path, count))
            written, count, writer = written + count, 0, None
    if writer is not None:
        parts.append(_closed(writer, path, count))
    return spaces, parts


def _closed(writer: pq.ParquetWriter, path: Path, products: int) -> Part:
    writer.close()
    return Part(path.name, products, checksum(path))
