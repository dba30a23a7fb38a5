"""Products as rows of the tables of a catalogue."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from services.search.adapters.sqlite.filters import COLUMNS, Bound, kind_of
from services.search.adapters.sqlite.tables import Tables
from services.search.adapters.words import spellings, stem
from services.search.core.filters.evaluate import values_of
from services.search.core.filters.model import Field
from services.search.core.lexical import WEIGHTS, article_numbers, texts_of
from services.search.core.model import Facts

_UPSERT = f"""
INSERT INTO products_# ({", ".join(COLUMNS)}) VALUES ({", ".join("?" * len(COLUMNS))})
ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in COLUMNS)}
RETURNING number
"""
_OLD_WORDS = f"SELECT {', '.join(WEIGHTS)} FROM words_# WHERE rowid = ?"
_NEW_WORDS = f"INSERT INTO words_# (rowid, {', '.join(WEIGHTS)}) VALUES (?{', ?' * len(WEIGHTS)})"
_COLUMNS = f"SELECT number, {', '.join(COLUMNS)} FROM products_# WHERE id = ?"
_FOUND = "SELECT number FROM products_# WHERE id IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True)
class Written:
    """A product as it is written: the values of `COLUMNS`, and what goes into the other tables."""

    columns: tuple[Bound | None, ...]
    attributes: tuple[tuple[str, int, Bound], ...]
    numbers: tuple[str, ...]
    words: tuple[str, ...]
    spellings: tuple[tuple[str, str], ...]


def written(product_id: str, facts: Facts) -> Written:
    """Return the product as it is written."""
    texts = [spellings(text) for text in texts_of(facts).values()]
    distinct = sorted({word for text in texts for word in text})
    return Written(
        tuple(next(iter(values_of(Field(name), product_id, facts)), None) for name in COLUMNS),
        _attributes(product_id, facts),
        tuple(sorted(article_numbers(product_id, facts))),
        tuple(" ".join(stem(word) for word in text) for text in texts),
        tuple((word, stem(word)) for word in distinct),
    )


def store(connection: sqlite3.Connection, tables: Tables, row: Written) -> None:
    """Write a product over what there was under its id."""
    (number,) = connection.execute(tables(_UPSERT), row.columns).fetchone()
    _delete_side_rows(connection, tables, number)
    connection.executemany(
        tables("INSERT INTO attributes_# (name, kind, value, product) VALUES (?, ?, ?, ?)"),
        [(*each, number) for each in row.attributes],
    )
    connection.executemany(
        tables("INSERT INTO numbers_# (number, product) VALUES (?, ?)"),
        [(each, number) for each in row.numbers],
    )
    _store_words(connection, tables, row, number)


def is_stored(connection: sqlite3.Connection, tables: Tables, row: Written) -> bool:
    """Return whether a product stands in the tables as it is to be written."""
    # The id is the first of the columns.
    found = connection.execute(tables(_COLUMNS), [row.columns[0]]).fetchone()
    if found is None:
        return False
    number, *columns = found
    attributes = connection.execute(
        tables("SELECT name, kind, value FROM attributes_# WHERE product = ?"), [number]
    )
    numbers = connection.execute(tables("SELECT number FROM numbers_# WHERE product = ?"), [number])
    return (
        tuple(columns) == row.columns
        and {*attributes} == {*row.attributes}
        and {each for (each,) in numbers} == {*row.numbers}
        and connection.execute(tables(_OLD_WORDS), [number]).fetchone() == row.words
    )


def delete(connection: sqlite3.Connection, tables: Tables, ids: Sequence[str]) -> None:
    """Remove those of the products that exist."""
    for (number,) in connection.execute(tables(_FOUND), [json.dumps(ids)]).fetchall():
        _delete_side_rows(connection, tables, number)
        connection.execute(tables("DELETE FROM words_# WHERE rowid = ?"), [number])
        connection.execute(tables("DELETE FROM products_# WHERE number = ?"), [number])


def _store_words(connection: sqlite3.Connection, tables: Tables, row: Written, number: int) -> None:
    old = connection.execute(tables(_OLD_WORDS), [number]).fetchone()
    # Prices change every day, words seldom.
    if old == row.words:
        return
    if old is not None:
        connection.execute(tables("DELETE FROM words_# WHERE rowid = ?"), [number])
    connection.execute(tables(_NEW_WORDS), [number, *row.words])
    connection.executemany(
        tables("INSERT OR IGNORE INTO spellings_# (word, stem) VALUES (?, ?)"), row.spellings
    )


def _delete_side_rows(connection: sqlite3.Connection, tables: Tables, number: int) -> None:
    for name in ("attributes", "numbers"):
        connection.execute(tables(f"DELETE FROM {name}_# WHERE product = ?"), [number])


def _attributes(product_id: str, facts: Facts) -> tuple[tuple[str, int, Bound], ...]:
    found: dict[tuple[str, int, Bound], None] = {}
    for name in facts.attributes:
        for value in values_of(Field(name, is_attribute=True), product_id, facts):
            # SQLite has no NaN; nothing that is asked of one holds.
            if value == value:  # noqa: PLR0124
                found[name, kind_of(value), value] = None
    return tuple(found)
