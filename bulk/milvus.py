"""An archive as the Parquet files that Milvus imports in bulk: the columns of its collections, a folder for each.

default__fused__triptych_demo_1_5f3a9c01/part-00000.parquet
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pymilvus.grpc_gen.schema_pb2 import DataType

from services.search.adapters.milvus.rows import columns_of
from services.search.adapters.milvus.schema import generation_of, name_of
from services.search.core.model import Row, RowKey
from services.search.translate_facts import facts_of
from triptych.archive.files import read_products, spaces_of
from triptych.archive.manifest import ArchiveError, Manifest
from triptych.runtime import wire
from triptych.v1 import maintenance_service_pb2 as pb
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.vectors import Space

# Milvus's own types, where Arrow would take others for the same numbers.
_TYPES = {
    DataType.Int8: pa.int8(),
    DataType.Int16: pa.int16(),
    DataType.Double: pa.float64(),
    DataType.VarChar: pa.string(),
    DataType.JSON: pa.string(),
}


def for_milvus(archive: Path, manifest: Manifest, to: Path, catalog: str = "") -> dict[str, int]:
    """Write what *archive* holds to *to*; return how many rows there are, by the name of the collection.

    Raises:
        ArchiveError: *to* exists.
    """
    if to.exists():
        raise ArchiveError(f"{to} exists already")
    spaces = {SpaceKind(each.space): _space(each) for each in spaces_of(manifest)}
    names = {
        kind: name_of(catalog or manifest.catalog, kind, generation_of(space))
        for kind, space in spaces.items()
    }
    counts: dict[str, int] = defaultdict(int)
    for number, products in enumerate(read_products(archive, manifest)):
        for kind, rows in _rows(products).items():
            folder = to / names[kind]
            folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(table_of(rows), folder / f"part-{number:05}.parquet")
            counts[names[kind]] += len(rows)
    return dict(counts)


def table_of(rows: Sequence[Row]) -> pa.Table:
    """Return *rows* of one collection as a table with its columns."""
    return pa.table({column.field_name: _array(column) for column in columns_of(rows)})


def _rows(products: Sequence[pb.EncodedProduct]) -> dict[SpaceKind, list[Row]]:
    rows: dict[SpaceKind, list[Row]] = defaultdict(list)
    for each in products:
        packed = each.product.SerializeToString(deterministic=True)
        facts = facts_of(packed)
        for vector in each.vectors:
            values = wire.vector_of(vector.vector).values
            key = RowKey(each.product.id, vector.view)
            rows[SpaceKind(vector.space)].append(Row(key, packed, values, facts))
    return rows


def _array(column: Any) -> pa.Array:
    if column.type == DataType.FloatVector:
        flat = pa.array(column.vectors.float_vector.data, pa.float32())
        vectors = pa.FixedSizeListArray.from_arrays(flat, column.vectors.dim)
        return vectors.cast(pa.list_(pa.float32()))
    values = getattr(column.scalars, column.scalars.WhichOneof("data")).data
    if column.type == DataType.JSON:
        values = [each.decode() for each in values]
    return pa.array(values, _TYPES[column.type])


def _space(message: pb.VectorSpace) -> Space:
    return Space(message.id, message.dimension, SimilarityMetric(message.metric), message.unit_length)
