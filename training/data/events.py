"""What shoppers did: views, carts and purchases, from CSV or JSON Lines, also gzipped, however large.

user,product,kind,time,quantity
u1,mug-7,purchase,2024-03-01T12:30:00Z,2
"""

import csv
import gzip
import json
import math
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from training.data.reading import bad_record
from training.data.report import Problem
from training.errors import TrainingError

REQUIRED = ("user", "product", "kind", "time")
COLUMNS = (*REQUIRED, "quantity")
_CSV_SUFFIXES = {".csv"}
_JSON_SUFFIXES = {".jsonl", ".ndjson"}
# In the year 5138: beyond it lie milliseconds that somebody took for seconds.
_TIME_MAX_S = 1e11


class EventKind(StrEnum):
    """What a shopper did with a product."""

    VIEW = "view"
    CART = "cart"
    PURCHASE = "purchase"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a shopper did; *time_s* counts seconds since 1970 (UTC)."""

    user: str
    product: str
    kind: EventKind
    time_s: float
    quantity: float = 1.0


@dataclass(frozen=True)
class TimeSplit:
    """Events before *serving_from_s*, to train on, and those from it on, to be predicted; each in order of time."""

    training: tuple[Event, ...]
    serving: tuple[Event, ...]
    serving_from_s: float


class BadEvent(ValueError):
    """A line is no event."""


def read_events(path: Path, on_bad: Callable[[Problem], None] | None = None) -> Iterator[Event]:
    """Yield the events in *path* line by line, in constant memory.

    Args:
        path: .csv with a first line of names, or .jsonl; either may end in .gz. Columns: user, product, kind (view,
            cart, purchase), time (ISO 8601, UTC where it names no zone, or seconds since 1970), quantity (optional).
        on_bad: told of each bad line, which is left out; None: the first one stops.

    Raises:
        TrainingError: with file and line.
    """
    for where, row in _rows(path):
        try:
            yield _event(row)
        except BadEvent as error:
            problem = bad_record(where, str(error), "event_invalid")
            if on_bad is None:
                raise TrainingError(f"{where}: {error}") from error
            on_bad(problem)


def split_by_time(
    events: Iterable[Event], *, serving_from_s: float | None = None, serving_share: float = 0.2
) -> TimeSplit:
    """Return what happened before a moment and what came after, as a recommender meets it.

    Args:
        events: in any order.
        serving_from_s: the moment; None: the one from which on about *serving_share* of the events happened.
        serving_share: part of the events, where no moment is given. Events of one moment are never torn apart.

    Raises:
        TrainingError: one of the two would be empty.
    """
    ordered = sorted(events, key=lambda event: event.time_s)
    if serving_from_s is None:
        if not 0 < serving_share < 1:
            raise TrainingError(f"the share to serve must lie between 0 and 1, not {serving_share:g}")
        at = min(len(ordered) - 1, round(len(ordered) * (1 - serving_share)))
        serving_from_s = ordered[at].time_s if ordered else 0.0
    training = tuple(event for event in ordered if event.time_s < serving_from_s)
    serving = tuple(ordered[len(training) :])
    if not training or not serving:
        moment = datetime.fromtimestamp(serving_from_s, UTC).isoformat(timespec="seconds")
        side = "before" if not training else "from"
        raise TrainingError(f"no event lies {side} {moment}: choose another moment to split at")
    return TimeSplit(training, serving, serving_from_s)


def histories(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Return each shopper's events, oldest first, by user in the order of the first event read."""
    by_user: dict[str, list[Event]] = {}
    for event in events:
        by_user.setdefault(event.user, []).append(event)
    for own in by_user.values():
        own.sort(key=lambda event: event.time_s)
    return by_user


def _rows(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield (file:line, row); a row that is not even JSON is its error."""
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if suffix not in _CSV_SUFFIXES | _JSON_SUFFIXES:
        raise TrainingError(f"{path}: events are read from .csv and .jsonl files, also with .gz")
    try:
        with _opened(path) as file:
            yield from _csv_rows(path, file) if suffix in _CSV_SUFFIXES else _json_rows(path, file)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise TrainingError(f"{path}: {why}") from error
    except UnicodeDecodeError as error:
        raise TrainingError(f"{path}: the file is not UTF-8") from error


def _opened(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _csv_rows(path: Path, file: TextIO) -> Iterator[tuple[str, Any]]:
    rows = csv.DictReader(file, strict=True)
    try:
        if lacking := [name for name in REQUIRED if name not in (rows.fieldnames or ())]:
            raise TrainingError(
                f"{path}:1: the first line must name the columns; missing: {', '.join(lacking)}"
            )
        for row in rows:
            yield f"{path}:{rows.line_num}", row
    except csv.Error as error:
        raise TrainingError(f"{path}:{rows.line_num}: {error}") from error


def _json_rows(path: Path, file: TextIO) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            yield f"{path}:{number}", json.loads(line)
        except (ValueError, RecursionError):
            yield f"{path}:{number}", None


def _event(row: Any) -> Event:
    if not isinstance(row, Mapping):
        raise BadEvent('the line is no JSON object {"user": …, "product": …, "kind": …, "time": …}')
    kind = row.get("kind")
    if kind not in tuple(EventKind):
        raise BadEvent(f"kind is one of {', '.join(EventKind)}, not {json.dumps(kind)}")
    return Event(
        user=_name(row, "user"),
        product=_name(row, "product"),
        kind=EventKind(kind),
        time_s=_time_s(row.get("time")),
        quantity=_quantity(row.get("quantity")),
    )


def _name(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise BadEvent(f"{column} must be a word or an integer, not {json.dumps(value)}")
    return str(value).strip()


def _time_s(value: Any) -> float:
    """Return seconds since 1970 of an ISO 8601 time, or of a number of them."""
    number = _number(value)
    if number is None and isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
            number = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            number = None
    if number is None:
        what = "time is like 2024-03-01T12:30:00Z, or seconds since 1970"
        raise BadEvent(f"{what}, not {json.dumps(value)}")
    if not 0 <= number < _TIME_MAX_S:
        raise BadEvent(f"the time {value} is not in seconds since 1970; is it in milliseconds?")
    return number


def _quantity(value: Any) -> float:
    if value is None or value == "":
        return 1.0
    number = _number(value)
    if number is None or number <= 0:
        raise BadEvent(f"quantity must be a number above 0, not {json.dumps(value)}")
    return number


def _number(value: Any) -> float | None:
    """Return a finite number that *value* is or spells; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
