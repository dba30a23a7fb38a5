"""The contract of `LexicalIndex` and `FieldIndex`, in memory and in SQLite; Milvus passes it in tests/integration."""

import pytest

from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.adapters.sqlite.fields import SqliteFieldIndex
from services.search.adapters.sqlite.lexical import SqliteLexicalIndex
from services.search.adapters.sqlite.store import SqliteStore
from tests.lexical_contract import FieldContract, LexicalContract, Shelf


class TestInMemory(LexicalContract, FieldContract):
    @pytest.fixture
    def shelf(self):
        lexical = InMemoryLexicalIndex()
        return Shelf(lexical, InMemoryFieldIndex(lexical))


@pytest.fixture(scope="module")
async def store(tmp_path_factory):
    store = SqliteStore(tmp_path_factory.mktemp("lexical") / "lexical.db")
    yield store
    await store.close()


class TestSqlite(LexicalContract, FieldContract):
    @pytest.fixture
    def shelf(self, store):
        return Shelf(SqliteLexicalIndex(store), SqliteFieldIndex(store))
