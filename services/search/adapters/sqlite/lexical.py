"""The `LexicalIndex` port in SQLite."""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from services.search.adapters.completing import PRODUCTS_MAX, completed, shortest
from services.search.adapters.spelling import Vocabulary, corrected, suspects
from services.search.adapters.sqlite.filters import condition
from services.search.adapters.sqlite.rows import delete, is_stored, store, written
from services.search.adapters.sqlite.store import SqliteStore
from services.search.adapters.sqlite.tables import drop_tables, made_tables, tables_of
from services.search.adapters.words import last_word, stem, words
from services.search.core.filters.model import Filter
from services.search.core.learning import Learnt
from services.search.core.lexical import WEIGHTS, article_number
from services.search.core.model import Facts
from triptych.vocabulary.choices import Consistency

# How long words that were written lately may be missing among those that are offered instead of unknown ones.
VOCABULARY_S = 60.0

_BM25 = f"-bm25(words_#, {', '.join(str(weight) for weight in WEIGHTS.values())})"
# The plus keeps SQLite from asking FTS5 for one product at a time, which would count the words anew for each.
_AMONG_IDS = "+words_#.rowid IN (SELECT number FROM products_# WHERE id IN (SELECT value FROM json_each(?)))"
# Descriptions have many words, and people look for few of them.
_SHOWN = " ".join(name for name in WEIGHTS if name != "description")
_WORDS = "words_# JOIN products_# p ON p.number = words_#.rowid WHERE words_# MATCH ?"


class SqliteLexicalIndex:
    """Implements `LexicalIndex` in *store*."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._vocabularies = Learnt(self._vocabulary, VOCABULARY_S)

    def seeing(self, consistency: Consistency) -> "SqliteLexicalIndex":  # noqa: ARG002 - always sees all
        """Return this one."""
        return self

    async def complete_catalogs(self) -> set[str]:
        """Return the catalogues that are marked."""
        sql = "SELECT name FROM catalogs WHERE is_complete"
        return await self._store.read("complete_catalogs", lambda at: {name for (name,) in at.execute(sql)})

    async def complete(self, catalog: str) -> None:
        """Mark the *catalog*."""

        def mark(connection: sqlite3.Connection) -> None:
            made_tables(connection, catalog)
            connection.execute("UPDATE catalogs SET is_complete = 1 WHERE name = ?", [catalog])

        await self._store.write("complete", mark)

    async def forget(self, catalog: str) -> None:
        """Drop the tables of the *catalog*."""
        await self._store.write("forget", lambda connection: drop_tables(connection, catalog))
        self._vocabularies.forget(catalog)

    async def warm_up(self) -> None:
        """Open the file."""
        await self._store.open()

    async def write(self, catalog: str, products: Mapping[str, Facts]) -> None:
        """Write *products* in one transaction."""

        def store_all(connection: sqlite3.Connection) -> None:
            tables = made_tables(connection, catalog)
            for each, facts in products.items():
                store(connection, tables, written(each, facts))

        await self._store.write("write", store_all)

    async def remove(self, catalog: str, ids: Sequence[str]) -> None:
        """Remove products in one transaction."""

        def delete_all(connection: sqlite3.Connection) -> None:
            tables = tables_of(connection, catalog)
            if tables is not None:
                delete(connection, tables, ids)

        await self._store.write("remove", delete_all)

    async def ids_after(self, catalog: str, product_id: str, limit: int) -> list[str]:
        """Read ids in their order."""

        def page(connection: sqlite3.Connection) -> list[str]:
            tables = tables_of(connection, catalog)
            sql = "SELECT id FROM products_# WHERE id > ? ORDER BY id LIMIT ?"
            found = [] if tables is None else connection.execute(tables(sql), [product_id, limit])
            return [each for (each,) in found]

        return await self._store.read("ids_after", page)

    async def differing(self, catalog: str, products: Mapping[str, Facts]) -> set[str]:
        """Read the rows of *products* and compare them with what would be written."""

        def compare(connection: sqlite3.Connection) -> set[str]:
            tables = tables_of(connection, catalog)
            if tables is None:
                return set(products)
            return {
                each
                for each, facts in products.items()
                if not is_stored(connection, tables, written(each, facts))
            }

        return await self._store.read("differing", compare)

    async def match(
        self, catalog: str, text: str, limit: int, among: Filter | None = None
    ) -> list[tuple[str, float]]:
        """Ask FTS5 for any of the words."""
        passes = condition(among)
        sql = (
            f"SELECT p.id, {_BM25} AS score FROM {_WORDS} AND {passes.sql} ORDER BY score DESC, p.id LIMIT ?"
        )
        return await self._matching("match", catalog, sql, (text, " OR "), [*passes.bound, limit])

    async def scores(self, catalog: str, text: str, ids: Sequence[str]) -> dict[str, float]:
        """Ask FTS5 for any of the words, and score those of *ids*."""
        sql = f"SELECT p.id, {_BM25} FROM {_WORDS} AND {_AMONG_IDS}"
        return dict(await self._matching("scores", catalog, sql, (text, " OR "), [json.dumps(ids)]))

    async def having(self, catalog: str, text: str, ids: Sequence[str]) -> set[str]:
        """Ask FTS5 for all of the words."""
        sql = f"SELECT p.id, 0.0 FROM {_WORDS} AND {_AMONG_IDS}"
        found = await self._matching("having", catalog, sql, (text, " AND "), [json.dumps(ids)])
        return {each for each, _ in found}

    async def exact(self, catalog: str, text: str, among: Filter | None = None) -> list[str]:
        """Look the number up."""
        passes = condition(among)
        sql = (
            "SELECT p.id FROM numbers_# n JOIN products_# p ON p.number = n.product "
            f"WHERE n.number = ? AND {passes.sql} ORDER BY p.id"
        )

        def look_up(connection: sqlite3.Connection) -> list[str]:
            tables = tables_of(connection, catalog)
            if tables is None:
                return []
            found = connection.execute(tables(sql), [article_number(text), *passes.bound])
            return [each for (each,) in found]

        return await self._store.read("exact", look_up)

    async def corrected(self, catalog: str, text: str) -> str:
        """Look for near words among all of the catalogue's."""
        words = suspects(text)
        known = await self._store.read("corrected", lambda at: _known(at, catalog, words)) if words else words
        if len(known) == len(words):
            return ""
        vocabulary = await self._vocabularies.of(catalog)
        return await asyncio.to_thread(corrected, text, known.__contains__, lambda: vocabulary)

    async def completions(self, catalog: str, text: str, limit: int) -> list[tuple[str, int]]:
        """Ask FTS5 for products with all words before and one that begins so, and count what of these they have."""
        head, beginning = last_word(text)

        def complete(connection: sqlite3.Connection) -> list[tuple[str, int]]:
            tables = tables_of(connection, catalog)
            if tables is None or not beginning:
                return []
            sql = "SELECT word FROM spellings_# WHERE word >= ? AND word < ?"
            begun = connection.execute(tables(sql), [beginning, beginning + chr(0x10FFFF)])
            written = shortest(word for (word,) in begun)
            sql = f"SELECT {_SHOWN.replace(' ', ', ')} FROM words_# WHERE words_# MATCH ? LIMIT ?"
            wanted = prefix_query(head, beginning, written)
            counts: Counter[str] = Counter()
            for texts in connection.execute(tables(sql), [wanted, PRODUCTS_MAX]):
                counts.update(written.keys() & {word for text in texts for word in text.split()})
            return completed(head, counts, written, limit)

        return await self._store.read("completions", complete)

    async def _matching(
        self, method: str, catalog: str, sql: str, query: tuple[str, str], bound: Iterable[object]
    ) -> list[tuple[str, float]]:
        def find(connection: sqlite3.Connection) -> list[tuple[str, float]]:
            tables, wanted = tables_of(connection, catalog), match_query(*query)
            if tables is None or not wanted:
                return []
            return connection.execute(tables(sql), [wanted, *bound]).fetchall()

        return await self._store.read(method, find)

    async def _vocabulary(self, catalog: str) -> Vocabulary:
        def count(connection: sqlite3.Connection) -> Vocabulary:
            tables = tables_of(connection, catalog)
            if tables is None:
                return Vocabulary({})
            # FTS5 tells of all terms in one go much sooner than of each.
            counts = dict(connection.execute(tables("SELECT term, doc FROM terms_#")))
            found = connection.execute(tables("SELECT word, stem FROM spellings_#"))
            return Vocabulary({word: counts[of] for word, of in found if of in counts})

        return await self._store.read("vocabulary", count)


def _known(connection: sqlite3.Connection, catalog: str, words: Sequence[str]) -> list[str]:
    """Return those of *words* that some product has."""
    tables = tables_of(connection, catalog)
    if tables is None:
        return []
    sql = tables("SELECT 1 FROM terms_# WHERE term = ?")
    return [each for each in words if connection.execute(sql, [stem(each)]).fetchone() is not None]


def match_query(text: str, operator: str) -> str:
    """Return the words of *text* as a query of FTS5, each once, and in quotes, where nothing means anything."""
    return operator.join(f'"{word}"' for word in dict.fromkeys(words(text)))


def prefix_query(head: str, beginning: str, stems: Iterable[str]) -> str:
    """Return all words of *head*, and one that begins so, as a query of FTS5.

    Words stand there without their endings: "dress", where "dresse" is typed, is one of the *stems*.
    """
    ways = [f'"{beginning}" *', *(f'"{each}"' for each in stems if not each.startswith(beginning))]
    begun = f"{{{_SHOWN}}} : ({' OR '.join(ways)})"
    before = match_query(head, " AND ")
    return f"{before} AND {begun}" if before else begun
