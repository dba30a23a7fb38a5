"""Rows as the columns of Milvus's messages, and back."""

import base64
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from pymilvus.grpc_gen.common_pb2 import PlaceholderGroup, PlaceholderType, PlaceholderValue
from pymilvus.grpc_gen.schema_pb2 import (
    DataType,
    FieldData,
    FloatArray,
    IntArray,
    ScalarField,
    VectorField,
)

from services.search.adapters.milvus.facts import facts_columns, texts_column
from services.search.adapters.milvus.schema import HISTORY, KEY, PRODUCT, PRODUCT_ID, VECTOR, VIEW
from services.search.adapters.milvus.words import decoded, encoded
from services.search.core.history import History, packed, unpacked
from services.search.core.model import Facts, Row, RowKey
from triptych.vocabulary.batches import batched
from triptych.vocabulary.vectors import WIRE_DTYPE, Floats

# Milvus takes 64 MiB a message; a request of ours stays well below.
UPSERT_BYTES_MAX = 16 * 1024 * 1024


def primary_key(key: RowKey) -> str:
    """Return the primary key of a row, such as "3:sku%2F42".

    The view comes first, so that no id can be taken for an id with a view. The id is percent-encoded: letters, digits
    and "_.-%" alone are left, so that a key means the same in every expression, whatever the id holds.
    """
    return f"{key.view}:{encoded(key.product_id)}"


def expression(keys: Iterable[RowKey]) -> str:
    """Return the expression that selects the rows of *keys*."""
    quoted = ",".join(f'"{primary_key(key)}"' for key in keys)
    return f"{KEY} in [{quoted}]"


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield *rows* in parts that each fit a message."""
    return batched(rows, _size_of, UPSERT_BYTES_MAX)


def columns_of(rows: Sequence[Row]) -> list[FieldData]:
    """Return *rows*, which have vectors, as columns."""
    vectors = np.stack([row.values for row in rows if row.values is not None])
    views = IntArray(data=[row.key.view for row in rows])
    return [
        texts_column(KEY, [primary_key(row.key) for row in rows]),
        texts_column(PRODUCT_ID, [encoded(row.key.product_id) for row in rows]),
        FieldData(type=DataType.Int16, field_name=VIEW, scalars=ScalarField(int_data=views)),
        texts_column(PRODUCT, [base64.b64encode(row.product).decode() for row in rows]),
        texts_column(HISTORY, [_packed(row.history) for row in rows]),
        *facts_columns([row.facts or Facts() for row in rows]),
        FieldData(
            type=DataType.FloatVector,
            field_name=VECTOR,
            vectors=VectorField(dim=vectors.shape[1], float_vector=FloatArray(data=vectors.ravel().tolist())),
        ),
    ]


def keys_of(columns: Iterable[Any]) -> list[RowKey]:
    """Return the keys that *columns* hold; the inverse of `columns_of` as far as keys go."""
    by_name = {column.field_name: column for column in columns}
    if not by_name:
        return []
    ids = by_name[PRODUCT_ID].scalars.string_data.data
    views = by_name[VIEW].scalars.int_data.data
    return [RowKey(decoded(product_id), view) for product_id, view in zip(ids, views, strict=True)]


def rows_of(columns: Sequence[Any]) -> list[Row]:
    """Return the rows that *columns* hold; the inverse of `columns_of`. Products, vectors and histories are there if their columns are."""
    keys = keys_of(columns)
    if not keys:
        return []
    by_name = {column.field_name: column for column in columns}
    products = [b""] * len(keys)
    if PRODUCT in by_name:
        products = [base64.b64decode(each) for each in by_name[PRODUCT].scalars.string_data.data]
    vectors: Iterable[Floats | None] = [None] * len(keys)
    if VECTOR in by_name:
        vectors = _numbers(by_name[VECTOR]).reshape(len(keys), -1)
    histories: Iterable[History] = [History()] * len(keys)
    if HISTORY in by_name:
        histories = [unpacked(each) for each in by_name[HISTORY].scalars.string_data.data]
    return [
        Row(key, product, values, history=history)
        for key, product, values, history in zip(keys, products, vectors, histories, strict=True)
    ]


def _size_of(row: Row) -> int:
    return len(row.product) * 4 // 3 + (0 if row.values is None else row.values.nbytes)


def _packed(history: History) -> str:
    return packed(history) if history.etag else ""


def vectors_of(columns: Sequence[Any]) -> tuple[list[RowKey], Floats]:
    """Return the keys and the vectors that *columns* hold, of shape (len(keys), dimension), float32."""
    keys = keys_of(columns)
    if not keys:
        return [], np.zeros((0, 0), np.float32)
    (column,) = (each for each in columns if each.field_name == VECTOR)
    return keys, _numbers(column).reshape(len(keys), -1)


def _numbers(column: Any) -> Floats:
    """Return the numbers of a column of vectors, of shape (rows * dimension,)."""
    numbers = column.vectors.float_vector
    # Packed, they end their message as they are; one by one they take many times longer.
    packed = numbers.SerializeToString()
    return np.frombuffer(packed[len(packed) - 4 * len(numbers.data) :], WIRE_DTYPE).astype(np.float32)


def placeholder(query: Floats) -> bytes:
    """Return *query*, of shape (dimension,), in the form in which Milvus takes the vector of a search."""
    data = np.ascontiguousarray(query, dtype=WIRE_DTYPE).tobytes()
    value = PlaceholderValue(tag="$0", type=PlaceholderType.FloatVector, values=[data])
    return bytes(PlaceholderGroup(placeholders=[value]).SerializeToString())
