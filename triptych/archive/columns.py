"""Products with their vectors as columns of Arrow, and back.

id        string
product   binary: a serialised triptych.v1.Product
fused, text, image, audio
list of {view: int8, values: fixed_size_list of float32}: the vectors of that space, by view
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from triptych.v1 import maintenance_service_pb2 as pb
from triptych.v1 import types_pb2

KINDS: Mapping[str, "types_pb2.SearchSpace.ValueType"] = {
    "fused": types_pb2.SEARCH_SPACE_FUSED,
    "text": types_pb2.SEARCH_SPACE_TEXT,
    "image": types_pb2.SEARCH_SPACE_IMAGE,
    "audio": types_pb2.SEARCH_SPACE_AUDIO,
}
WIRE_DTYPE = np.dtype("<f4")


def schema_of(spaces: Sequence[pb.VectorSpace]) -> pa.Schema:
    """Return the schema for products with vectors of *spaces*."""
    dimensions = {each.space: each.dimension for each in spaces}
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("product", pa.binary(), nullable=False),
            *(
                pa.field(name, pa.list_(vector_type(dimensions[kind])))
                for name, kind in KINDS.items()
                if kind in dimensions
            ),
        ]
    )


def vector_type(dimension: int) -> pa.StructType:
    """Return the type of a vector of *dimension* numbers and its view."""
    return pa.struct([("view", pa.int8()), ("values", pa.list_(pa.float32(), dimension))])


def batch_of(products: Sequence[pb.EncodedProduct], schema: pa.Schema) -> pa.RecordBatch:
    """Return *products* as a batch of *schema*."""
    packed = [each.product.SerializeToString(deterministic=True) for each in products]
    columns = [pa.array([each.product.id for each in products]), pa.array(packed, pa.binary())]
    columns += [_vectors(products, KINDS[field.name], field.type) for field in list(schema)[2:]]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def products_of(batch: pa.RecordBatch, spaces: Sequence[pb.VectorSpace]) -> Iterator[pb.EncodedProduct]:
    """Yield the products of *batch*, the inverse of `batch_of`."""
    ids = {each.space: each.id for each in spaces}
    vectors = {name: _by_product(batch.column(name)) for name in batch.schema.names if name in KINDS}
    for place, packed in enumerate(batch.column("product")):
        product = pb.EncodedProduct(product=types_pb2.Product.FromString(packed.as_py()))
        for name, found in vectors.items():
            for view, values in found[place]:
                vector = types_pb2.Vector(
                    data=values.astype(WIRE_DTYPE).tobytes(), dimension=len(values), space=ids[KINDS[name]]
                )
                product.vectors.add(space=KINDS[name], view=view, vector=vector)
        yield product


def _vectors(products: Sequence[pb.EncodedProduct], kind: int, of: pa.ListType) -> pa.Array:
    vectors = [[each for each in product.vectors if each.space == kind] for product in products]
    flat = [each for found in vectors for each in found]
    numbers = np.frombuffer(b"".join(each.vector.data for each in flat), WIRE_DTYPE).astype(np.float32)
    dimension = of.value_type.field("values").type.list_size
    values = pa.FixedSizeListArray.from_arrays(pa.array(numbers, pa.float32()), dimension)
    views = pa.array([each.view for each in flat], pa.int8())
    offsets = np.cumsum([0, *(len(found) for found in vectors)])
    rows = pa.StructArray.from_arrays([views, values], fields=list(of.value_type))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), rows, type=of)


def _by_product(column: Any) -> list[list[tuple[int, Any]]]:
    rows = column.flatten()
    values = rows.field("values")
    views = rows.field("view").to_pylist()
    table = values.flatten().to_numpy(zero_copy_only=False).reshape(len(rows), -1) if len(rows) else []
    lengths = column.value_lengths().to_pylist()
    found, at = [], 0
    for length in lengths:
        found.append([(views[place], table[place]) for place in range(at, at + (length or 0))])
        at += length or 0
    return found
