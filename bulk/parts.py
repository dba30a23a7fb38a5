"""What a job has made so far: a part for each fragment, whole or not there at all.

job.json                what the job is made of; another job does not go on in its folder
part-00003.parquet      the products of fragment 3 with their vectors, as in an archive
part-00003.errors.jsonl its lines that were refused; missing where none was
part-00003.json         its figures; written last
manifest.json           written when every part is there: from then on the folder is an archive
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from google.protobuf.json_format import MessageToDict

from triptych.archive.columns import batch_of, schema_of
from triptych.archive.manifest import checksum
from triptych.v1 import maintenance_service_pb2 as pb


class JobError(Exception):
    """A job that cannot be begun or gone on with; the message says why."""


@dataclass(frozen=True)
class Done:
    """The figures of a part.

    Args:
        number: of the fragment.
        stored, refused: how many products.
        sha256: of the Parquet file; empty where no product was stored.
        spaces: triptych.v1.VectorSpace messages in protobuf's JSON mapping.
    """

    number: int
    stored: int
    refused: int
    sha256: str
    spaces: list[dict[str, Any]]


def begin(folder: Path, facts: dict[str, Any]) -> None:
    """Make *folder* for a job of *facts*, or go on in it.

    Raises:
        JobError: it is that of another job, or holds something else.
    """
    path = folder / "job.json"
    if path.exists():
        if json.loads(path.read_text()) != facts:
            raise JobError(f"{folder} belongs to a job of other input; take another folder")
        return
    if folder.exists() and any(folder.iterdir()):
        raise JobError(f"{folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    _write(path, json.dumps(facts, indent=2).encode())


def write_part(
    folder: Path,
    number: int,
    products: Sequence[pb.EncodedProduct],
    spaces: Sequence[pb.VectorSpace],
    errors: Sequence[str],
) -> Done:
    """Write the part of fragment *number*: its *products*, and *errors*, a line each."""
    sha256 = ""
    if products:
        path, unfinished = folder / part_name(number), folder / f".{part_name(number)}"
        schema = schema_of(spaces)
        with pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
            writer.write_batch(batch_of(products, schema))
        sha256 = checksum(unfinished)
        _settle(unfinished, path)
    if errors:
        lines = "".join(f"{line}\n" for line in errors)
        _write(folder / f"{_stem(number)}.errors.jsonl", lines.encode(errors="surrogateescape"))
    done = Done(number, len(products), len(errors), sha256, [MessageToDict(each) for each in spaces])
    _write(folder / f"{_stem(number)}.json", json.dumps(asdict(done)).encode())
    return done


def read_done(folder: Path) -> dict[int, Done]:
    """Return the parts that are there, by the number of their fragment."""
    found = (Done(**json.loads(path.read_text())) for path in folder.glob("part-*.json"))
    return {done.number: done for done in found}


def part_name(number: int) -> str:
    """Return the name of a part's Parquet file."""
    return f"{_stem(number)}.parquet"


def _stem(number: int) -> str:
    return f"part-{number:05}"


def _write(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_bytes(data)
    _settle(unfinished, path)


def _settle(unfinished: Path, path: Path) -> None:
    """Give a file its name when it is on the disk: what is there is whole."""
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.rename(path)
