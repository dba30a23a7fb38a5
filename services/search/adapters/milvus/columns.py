"""What stands in the columns of facts, read back: the inverse of facts.py, but that long strings come as checksums."""

import base64
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.search.adapters.milvus.expressions import PREFIXES, UNKNOWN_STOCK
from services.search.adapters.milvus.schema import (
    ATTRIBUTES,
    IN_STOCK,
    NUMBER_COLUMNS,
    PRODUCT,
    PRODUCT_ID,
)
from services.search.adapters.milvus.words import code_of, decoded
from services.search.core.filters.model import Field, Value


@dataclass(frozen=True)
class FieldColumn:
    """Where a field stands.

    Args:
        field: the field.
        name: of the column.
    """

    field: Field
    name: str

    def codes(self, cell: Any) -> Sequence[Value]:
        """Return the values in *cell*, strings as their codes."""
        if self.field.is_attribute:
            kept = json.loads(cell)
            names = (PREFIXES[kind] + code_of(self.field.name) for kind in ("string", "number", "boolean"))
            found = [kept[each] for each in names if each in kept]
            # A string is a list of one; a number that is whole is written as one.
            return [
                value if isinstance(value, str | bool) else float(value)
                for each in found
                for value in (dict.fromkeys(each) if isinstance(each, list) else [each])
            ]
        if self.name == IN_STOCK:
            return [] if cell == UNKNOWN_STOCK else [bool(cell)]
        if self.name in NUMBER_COLUMNS:
            return [] if math.isnan(cell) else [float(cell)]
        return [cell] if cell else []

    def having(self, code: str) -> str:
        """Return the expression for the rows that have the string of that *code*."""
        if self.field.is_attribute:
            path = f'{ATTRIBUTES}["{PREFIXES["string"]}{code_of(self.field.name)}"]'
            return f'json_contains({path}, "{code}")'
        return f'{self.name} == "{code}"'


def column_of(field: Field) -> FieldColumn:
    """Return where *field* stands."""
    if field.is_attribute:
        return FieldColumn(field, ATTRIBUTES)
    return FieldColumn(field, PRODUCT_ID if field.name == "id" else field.name)


def cells_of(columns: Iterable[Any]) -> list[dict[str, Any]]:
    """Return *columns* as rows: ids as they are, products as bytes, all else as it stands."""
    cells = {each.field_name: _cells(each) for each in columns}
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def _cells(column: Any) -> list[Any]:
    scalars = column.scalars
    data: list[Any] = list(getattr(scalars, scalars.WhichOneof("data")).data)
    if column.field_name == PRODUCT_ID:
        return [decoded(each) for each in data]
    if column.field_name == PRODUCT:
        return [base64.b64decode(each) for each in data]
    return data
