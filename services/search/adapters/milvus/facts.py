"""What of a product can be filtered, as columns; read back by columns.py."""

import json
import math
from collections.abc import Sequence

from pymilvus.grpc_gen.schema_pb2 import (
    DataType,
    DoubleArray,
    FieldData,
    IntArray,
    JSONArray,
    ScalarField,
    StringArray,
)

from services.search.adapters.milvus.expressions import PREFIXES, UNKNOWN_STOCK
from services.search.adapters.milvus.schema import ATTRIBUTES, IN_STOCK, NUMBER_COLUMNS, TEXT_COLUMNS
from services.search.adapters.milvus.words import code_of
from services.search.core.attributes import kind_of
from services.search.core.model import Facts


def facts_columns(products: Sequence[Facts]) -> list[FieldData]:
    """Return the columns that hold the facts of *products*: "" is an unknown text, NaN an unknown number."""
    stock = IntArray(
        data=[UNKNOWN_STOCK if each.in_stock is None else int(each.in_stock) for each in products]
    )
    attributes = JSONArray(data=[_json(each) for each in products])
    return [
        *(texts_column(name, [code_of(getattr(each, name)) for each in products]) for name in TEXT_COLUMNS),
        *(_numbers(name, [getattr(each, name) for each in products]) for name in NUMBER_COLUMNS),
        FieldData(type=DataType.Int8, field_name=IN_STOCK, scalars=ScalarField(int_data=stock)),
        FieldData(type=DataType.JSON, field_name=ATTRIBUTES, scalars=ScalarField(json_data=attributes)),
    ]


def texts_column(name: str, values: Sequence[str]) -> FieldData:
    """Return a column of texts."""
    texts = StringArray(data=values)
    return FieldData(type=DataType.VarChar, field_name=name, scalars=ScalarField(string_data=texts))


def _numbers(name: str, values: Sequence[float | None]) -> FieldData:
    numbers = DoubleArray(data=[math.nan if each is None else each for each in values])
    return FieldData(type=DataType.Double, field_name=name, scalars=ScalarField(double_data=numbers))


def _json(facts: Facts) -> bytes:
    """Return the attributes, each under its name with the letter of its kind before it."""
    values: dict[str, object] = {}
    for name, value in facts.attributes.items():
        key = PREFIXES[kind_of(value)] + code_of(name)
        match value:
            case str():
                values[key] = [code_of(value)]
            case tuple():
                values[key] = [code_of(each) for each in value]
            case _:
                values[key] = value
    return json.dumps(values).encode()
