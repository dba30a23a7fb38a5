"""The tables: one list of catalogues, and for each catalogue a set of tables that are named by its number.

    products_1     its products and the fields that a filter can ask for
    attributes_1   their attributes, each value of a list for itself
    numbers_1      their ids and article numbers
    words_1        their words, taken apart already: FTS5 splits at spaces and does nothing else
    terms_1        how many products have each word: a view of words_1
    spellings_1    how people write the words: "dresses" is found as "dress"

The numbers keep names from meaning anything in SQL, and "a" apart from "a_data".
"""

import re
import sqlite3
from dataclasses import dataclass

from services.search.core.lexical import WEIGHTS

# Of the tables and of how words are taken apart. A file of another version is removed, and filled again from the record.
VERSION = 1

CATALOGS = """
CREATE TABLE IF NOT EXISTS catalogs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    is_complete INTEGER NOT NULL DEFAULT 0
)
"""

_TABLES = f"""
CREATE TABLE products_# (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    brand TEXT,
    category TEXT,
    price REAL,
    in_stock INTEGER,
    popularity INTEGER NOT NULL,
    update_time REAL,
    group_id TEXT,
    locale TEXT
);
CREATE INDEX products_#_group ON products_# (group_id) WHERE group_id IS NOT NULL;
CREATE TABLE attributes_# (
    name TEXT NOT NULL,
    kind INTEGER NOT NULL,
    value NOT NULL,
    product INTEGER NOT NULL,
    PRIMARY KEY (name, kind, value, product)
) WITHOUT ROWID;
CREATE INDEX attributes_#_product ON attributes_# (product, name);
CREATE TABLE numbers_# (number TEXT NOT NULL, product INTEGER NOT NULL, PRIMARY KEY (number, product)) WITHOUT ROWID;
CREATE INDEX numbers_#_product ON numbers_# (product);
CREATE VIRTUAL TABLE words_# USING fts5 ({", ".join(WEIGHTS)}, tokenize = 'ascii');
CREATE VIRTUAL TABLE terms_# USING fts5vocab ('words_#', 'row');
CREATE TABLE spellings_# (word TEXT PRIMARY KEY, stem TEXT NOT NULL) WITHOUT ROWID
"""
_NAMES = re.findall(r"CREATE (?:VIRTUAL )?TABLE (\w+)_#", _TABLES)


@dataclass(frozen=True)
class Tables:
    """The names of the tables of the catalogue *number*."""

    number: int

    def __call__(self, sql: str) -> str:
        """Return *sql* with "products_#" and the others made this catalogue's."""
        return sql.replace("_#", f"_{self.number}")


def tables_of(connection: sqlite3.Connection, catalog: str) -> Tables | None:
    """Return the tables of the *catalog*; None where it has none."""
    found = connection.execute("SELECT number FROM catalogs WHERE name = ?", [catalog]).fetchone()
    return None if found is None else Tables(*found)


def made_tables(connection: sqlite3.Connection, catalog: str) -> Tables:
    """Return the tables of the *catalog*, which are made where there are none. Inside a transaction."""
    found = tables_of(connection, catalog)
    if found is not None:
        return found
    number = connection.execute("INSERT INTO catalogs (name) VALUES (?)", [catalog]).lastrowid
    assert number is not None
    for statement in Tables(number)(_TABLES).split(";\n"):
        connection.execute(statement)
    return Tables(number)


def drop_tables(connection: sqlite3.Connection, catalog: str) -> None:
    """Remove the *catalog* with its tables. Inside a transaction."""
    tables = tables_of(connection, catalog)
    if tables is not None:
        # The view of the words goes before the words.
        for name in reversed(_NAMES):
            connection.execute(tables(f"DROP TABLE {name}_#"))
        connection.execute("DELETE FROM catalogs WHERE name = ?", [catalog])
