"""Labels: the names or numbers of products and classes, and the files that list them."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.data.reading import bad_data, bad_record
from training.data.report import Problem

CLASSES_FILE = "classes.txt"
LABEL_FILES = ("labels.csv", "labels.jsonl")
_COLUMNS = ("id", "label")
_INTEGER = re.compile(r"[+-]?\d+")


class BadLabel(ValueError):
    """A label is none that the data may have; *kind* is the problem's."""

    def __init__(self, what: str, kind: str = "label_invalid") -> None:
        super().__init__(what)
        self.kind = kind


@dataclass(frozen=True)
class LabelFile:
    """Labels and their places ("train/labels.csv:3") by id."""

    labels: dict[str, str]
    places: dict[str, str]
    problems: list[Problem]


def read_classes(folder: Path) -> tuple[tuple[str, ...], list[Problem]]:
    """Return the names in *folder*/classes.txt, one a line, and what is wrong with them; empty without the file."""
    path = folder / CLASSES_FILE
    if not path.exists():
        return (), []
    try:
        names = tuple(line.strip() for line in path.read_text("utf-8-sig").splitlines())
    except UnicodeDecodeError:
        return (), [bad_data(CLASSES_FILE, "the file is not UTF-8", "not_utf8")]
    twice = {name for name in names if names.count(name) > 1}
    if not names or "" in names or twice:
        what = f"a name for each class, one a line, each once{_listed(twice - {''})}"
        return (), [bad_data(CLASSES_FILE, f"the file must hold {what}", "classes_invalid")]
    return names, []


def _listed(twice: set[str]) -> str:
    return f"; {', '.join(sorted(twice))} stands there twice" if twice else ""


def label_of(value: Any, classes: tuple[str, ...]) -> str:
    """Return a label as a name.

    Args:
        value: a name, or an integer: the position in *classes* where there are any.
        classes: the names that a label may have; empty: any name, any integer from 0.

    Raises:
        BadLabel: it is neither, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadLabel(f"a label is a name or an integer, not {json.dumps(value)}")
    if value in classes:
        return str(value)
    if isinstance(value, int) or _INTEGER.fullmatch(value.strip()):
        return _numbered(int(value), classes)
    if not value.strip():
        raise BadLabel("the label is empty")
    if classes:
        raise BadLabel(f"the label {value!r} is not in {CLASSES_FILE}")
    return value.strip()


def _numbered(number: int, classes: tuple[str, ...]) -> str:
    if not classes and number >= 0:
        return str(number)
    if 0 <= number < len(classes):
        return classes[number]
    allowed = f"{CLASSES_FILE} names 0 to {len(classes) - 1}" if classes else "integers start at 0"
    raise BadLabel(f"the label {number} is out of range: {allowed}", "label_out_of_range")


def read_labels(folder: Path, place: str, classes: tuple[str, ...]) -> LabelFile:
    """Read *folder*/labels.csv or labels.jsonl (columns or keys id, label); empty where there is neither."""
    read = LabelFile({}, {}, [])
    for path in (folder / name for name in LABEL_FILES):
        if path.exists():
            _read_into(read, path, f"{place}/{path.name}", classes)
    return read


def _read_into(read: LabelFile, path: Path, place: str, classes: tuple[str, ...]) -> None:
    rows = _csv_rows(path, place, read) if path.suffix == ".csv" else _json_rows(path, place, read)
    for where, name, value in rows:
        try:
            label = label_of(value, classes)
        except BadLabel as error:
            read.problems.append(bad_record(where, str(error), error.kind))
            continue
        if read.labels.setdefault(name, label) != label:
            what = f"{name} has the label {read.labels[name]!r} at {read.places[name]} and {label!r} here"
            read.problems.append(bad_record(where, what, "label_conflict"))
        read.places.setdefault(name, where)


def _csv_rows(path: Path, place: str, read: LabelFile) -> Iterator[tuple[str, str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if not set(_COLUMNS) <= set(rows.fieldnames or ()):
                what = "the first line must name the columns id and label"
                read.problems.append(bad_data(f"{place}:1", what, "labels_invalid"))
                return
            for row in rows:
                yield f"{place}:{rows.line_num}", (row["id"] or "").strip(), row["label"] or ""
    except (csv.Error, UnicodeDecodeError) as error:
        read.problems.append(bad_data(place, f"the file is no CSV in UTF-8: {error}", "labels_invalid"))


def _json_rows(path: Path, place: str, read: LabelFile) -> Iterator[tuple[str, str, Any]]:
    for number, raw in enumerate(path.read_bytes().splitlines(), start=1):
        if not raw.strip():
            continue
        where = f"{place}:{number}"
        try:
            row = json.loads(raw.decode("utf-8-sig"))
            name, label = str(row["id"]), row["label"]
        except (ValueError, KeyError, TypeError, RecursionError):
            what = 'the line is not {"id": …, "label": …}'
            read.problems.append(bad_record(where, what, "bad_json"))
            continue
        yield where, name, label
