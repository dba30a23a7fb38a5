"""Files of products: JSON Lines with one Product a line, or CSV with the same names as columns."""

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from google.protobuf.json_format import ParseDict, ParseError

from triptych.v1 import types_pb2

STDIN = Path("-")
# A product with its media in Base64 is shorter: no message holds more than 80 MiB.
LINE_CHARACTERS_MAX = 128 * 1024 * 1024
CSV_FIELD_CHARACTERS_MAX = 1024 * 1024
MEDIA_BYTES_MAX = 8 * 1024 * 1024
# Columns of a CSV file that hold several values, separated by this.
LIST_SEPARATOR = "|"
MEDIA_FIELDS = ("images", "audio")
PRODUCT_FIELDS = {field.json_name: field.name for field in types_pb2.Product.DESCRIPTOR.fields}


@dataclass(frozen=True)
class Line:
    """One line of a file: the product, or why there is none. *raw* is the line as it was."""

    number: int
    raw: str
    product: types_pb2.Product | None = None
    error: str = ""

    def as_error(self, why: str) -> str:
        """Return the line as JSON with the reason beside it; fed back, the reason is passed over."""
        try:
            content = json.loads(self.raw)
        except ValueError:
            content = {"raw": self.raw}
        content = content if isinstance(content, dict) else {"raw": self.raw}
        return json.dumps({**content, "_error": f"line {self.number}: {why}"}, ensure_ascii=False)


def read_lines(file: Path, media_root: Path) -> Iterator[Line]:
    """Yield the products of *file* one by one, in constant memory; pictures and sounds are read from below *media_root*.

    The file holds JSON Lines, or CSV where its name ends in .csv. STDIN is JSON Lines from standard input.
    """
    with opened(file) as stream:
        for number, raw in rows(file, stream):
            if isinstance(raw, str):
                yield read_line(number, raw, media_root)
            else:
                yield Line(number, json.dumps(""), error=one_line(raw))


def count_lines(file: Path) -> int:
    """Return how many products *file* holds."""
    with opened(file) as stream:
        return sum(1 for _ in rows(file, stream))


def opened(file: Path) -> TextIO:
    """Return *file* as text; bytes that are no UTF-8 are kept apart."""
    source: Any = sys.stdin.fileno() if file == STDIN else file
    return open(source, encoding="utf-8-sig", errors="surrogateescape", newline="", closefd=file != STDIN)


def rows(file: Path, stream: TextIO) -> Iterator[tuple[int, str | Exception]]:
    """Yield each row as JSON with the number of its line, or why there is none."""
    if file.suffix.lower() == ".csv":
        yield from csv_rows(stream)
        return
    number = 0
    while line := stream.readline(LINE_CHARACTERS_MAX):
        number += 1
        if len(line) == LINE_CHARACTERS_MAX and not line.endswith("\n"):
            yield number, ValueError(f"a line has at most {LINE_CHARACTERS_MAX} characters")
            while line and not line.endswith("\n"):
                line = stream.readline(LINE_CHARACTERS_MAX)
        elif line.strip():
            yield number, line.strip()


def csv_rows(stream: TextIO) -> Iterator[tuple[int, str | Exception]]:
    """Yield each row of CSV as JSON, with the number of its last line."""
    csv.field_size_limit(CSV_FIELD_CHARACTERS_MAX)
    reader = csv.DictReader(stream)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.reader.line_num, error
        else:
            yield reader.line_num, json.dumps(from_row(row))


def read_line(number: int, raw: str, media_root: Path) -> Line:
    """Return the product of one line, or why there is none."""
    try:
        content = json_object(raw)
        content.pop("_error", None)
        paths = {name: listed(name, content.pop(name, None) or []) for name in MEDIA_FIELDS}
        product = ParseDict(content, types_pb2.Product())
        for name, items in paths.items():
            getattr(product, name).extend(media(item, media_root) for item in items)
    except (ValueError, ParseError, OSError, RecursionError) as error:
        return Line(number, printable(raw), error=one_line(error))
    return Line(number, raw, product)


def json_object(raw: str) -> dict[str, Any]:
    """Return the object that *raw* is."""
    content = json.loads(raw)
    if not isinstance(content, dict):
        raise ParseError("a product is a JSON object")
    return content


def listed(name: str, value: Any) -> list[Any]:
    """Return *value* of the field *name*, which is a list."""
    if not isinstance(value, list):
        raise ParseError(f"{name} is a list")
    return value


def media(item: Any, root: Path) -> types_pb2.Media:
    """Return a picture or sound: a Media object as it is, or the file at a path below *root*.

    Raises:
        ValueError: the path leads out of *root*, or the file is too large.
        OSError: the file cannot be read.
    """
    path = item if isinstance(item, str) else (item.get("uri") or "") if isinstance(item, dict) else None
    if not isinstance(path, str):
        raise ParseError("a picture or sound is a path or an object with data or uri")
    if not path or "://" in path:
        return ParseDict({"uri": item} if isinstance(item, str) else item, types_pb2.Media())
    file = (root / path).resolve()
    if not file.is_relative_to(root):
        raise ValueError(f"{path} leads out of the media root")
    if file.stat().st_size > MEDIA_BYTES_MAX:
        raise ValueError(f"{path} is larger than {MEDIA_BYTES_MAX} bytes")
    return types_pb2.Media(data=file.read_bytes())


def from_row(row: dict[str, str]) -> dict[str, Any]:
    """Return a row of CSV as a product: columns that are no field of a product become attributes."""
    content: dict[str, Any] = {"attributes": {}}
    for name, value in row.items():
        if name is None or not value:
            continue
        if name in MEDIA_FIELDS:
            content[name] = value.split(LIST_SEPARATOR)
        elif name == "price":
            content[name] = money(value)
        elif name in {"inStock", "in_stock"}:
            content[name] = value.strip().lower() in {"true", "1", "yes"}
        elif name in PRODUCT_FIELDS or name in PRODUCT_FIELDS.values():
            content[name] = value
        else:
            content["attributes"][name] = value
    return content


def money(value: str) -> Any:
    """Return "12.99 EUR" as google.type.Money; what is not of that form is left for the parser to refuse."""
    number, _, currency = value.strip().partition(" ")
    units, _, cents = number.partition(".")
    if not units.isdecimal() or (cents and not cents.isdecimal()):
        return value
    return {"units": units, "nanos": int(cents.ljust(9, "0")[:9] or 0), "currencyCode": currency}


def printable(raw: str) -> str:
    """Return *raw* without bytes that are no UTF-8."""
    return raw.encode(errors="replace").decode()


def one_line(error: Exception) -> str:
    """Return what *error* says, in one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return " ".join(printable(str(error)).split())[:300]
