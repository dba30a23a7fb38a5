"""The SQLite file: durable, never in the way of the event loop, and clear about what is wrong with it."""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from services.search.adapters.sqlite.fields import SqliteFieldIndex
from services.search.adapters.sqlite.lexical import SqliteLexicalIndex
from services.search.adapters.sqlite.store import READERS, SqliteStore
from services.search.adapters.sqlite.tables import VERSION
from services.search.core.model import Count, Facts
from triptych.runtime import context
from triptych.vocabulary.errors import (
    DeadlineExceeded,
    Internal,
    Reason,
    ResourceExhausted,
    Unavailable,
)

ENDLESS = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"

WRITER = """
import asyncio, sys
from pathlib import Path
from services.search.adapters.sqlite.lexical import SqliteLexicalIndex
from services.search.adapters.sqlite.store import SqliteStore
from services.search.core.model import Facts

async def main():
    lexical = SqliteLexicalIndex(SqliteStore(Path(sys.argv[1])))
    for number in range(1_000_000):
        await lexical.write("shop", {f"p{number}": Facts(title=f"hat number{number}", attributes={"sku": f"s{number}"})})
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "lexical.db"


@pytest.fixture
async def open_store():
    async with contextlib.AsyncExitStack() as stack:

        def opened(path):
            store = SqliteStore(path)
            stack.push_async_callback(store.close)
            return store

        yield opened


async def test_acknowledged_writes_survive_a_kill(path, open_store):
    """A process that is killed in the middle of writing leaves everything that it had acknowledged, and a whole file."""
    command = [sys.executable, "-c", WRITER, path]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220
    acknowledged = -1
    while acknowledged < 40:
        acknowledged = int(writer.stdout.readline())
    writer.kill()
    acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
    writer.wait()
    writer.stdout.close()

    store = open_store(path)
    lexical, fields = SqliteLexicalIndex(store), SqliteFieldIndex(store)
    found = {each for each, _ in await lexical.match("shop", "hat", 100_000)}
    assert {f"p{number}" for number in range(acknowledged + 1)} <= found
    assert Count(len(found)) == await fields.count("shop", None)
    assert [f"p{acknowledged}"] == await lexical.exact("shop", f"S{acknowledged}")
    assert "ok" == await store.read("check", lambda at: at.execute("PRAGMA integrity_check").fetchone()[0])
    await lexical.write("shop", {"p0": Facts(title="coat")})
    assert ["p0"] == [each for each, _ in await lexical.match("shop", "coat", 10)]


async def test_what_is_written_is_on_disk_when_it_returns(path, open_store):
    """The write-ahead log is flushed with every transaction."""
    store = open_store(path)

    def settings(connection):
        return [
            connection.execute(f"PRAGMA {each}").fetchone()[0] for each in ("journal_mode", "synchronous")
        ]

    assert ["wal", 2] == await store.read("check", settings)
    assert ["wal", 2] == await store.write("check", settings)


async def test_a_full_disk_is_told_and_leaves_the_file_whole(tmp_path, open_store):
    """A write for which there is no room is STORAGE_FULL and changes nothing; all else goes on."""
    with small_disk(tmp_path / "disk") as folder:
        store = open_store(folder / "lexical.db")
        lexical = SqliteLexicalIndex(store)
        await lexical.write("shop", {"a": Facts(title="hat")})
        if not folder.is_mount():
            await asyncio.get_running_loop().run_in_executor(
                store._writer, lambda: store._connection().execute("PRAGMA max_page_count = 40")
            )
        stored, refused = ["a"], None
        while refused is None:
            text = " ".join(f"word{len(stored)}x{each}" for each in range(2000))
            try:
                await lexical.write("shop", {f"p{len(stored)}": Facts(title="hat", description=text)})
                stored.append(f"p{len(stored)}")
            except ResourceExhausted as error:
                refused = error
        assert Reason.STORAGE_FULL is refused.reason
        assert sorted(stored) == sorted(each for each, _ in await lexical.match("shop", "hat", 100))
        await store.close()


@contextlib.contextmanager
def small_disk(folder):
    """A file system of 1 MiB, where one can be mounted; else a folder like any other."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    try:
        yield folder
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", folder], check=True)


async def test_what_nobody_waits_for_is_broken_off(path, open_store):
    """Queries of cancelled calls give their threads back."""
    store = open_store(path)
    asked = [
        asyncio.ensure_future(store.read("endless", lambda at: at.execute(ENDLESS).fetchone()))
        for _ in range(READERS + 2)
    ]
    await asyncio.sleep(0.1)
    for each in asked:
        each.cancel()
    assert {asyncio.CancelledError} == {
        type(each) for each in await asyncio.gather(*asked, return_exceptions=True)
    }
    async with asyncio.timeout(5):
        assert (1,) == await store.read("quick", lambda at: at.execute("SELECT 1").fetchone())


async def test_a_query_ends_with_its_deadline(path, open_store):
    """A call ends in time, the event loop runs on meanwhile, and the next query is served."""
    store = open_store(path)
    await store.open()
    ticks, started = 0, time.monotonic()

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    ticking = asyncio.ensure_future(tick())
    with context.request(None, 0.3), pytest.raises(DeadlineExceeded):
        await store.read("endless", lambda at: at.execute(ENDLESS).fetchone())
    ticking.cancel()
    assert 0.25 < time.monotonic() - started < 5
    assert ticks > 1
    assert (1,) == await store.read("quick", lambda at: at.execute("SELECT 1").fetchone())


async def test_a_write_that_was_given_up_is_finished(path, open_store):
    """A write whose caller went away is not left half done."""
    store = open_store(path)
    lexical = SqliteLexicalIndex(store)
    products = {f"p{number}": Facts(title="hat") for number in range(500)}
    await store.open()
    writing = asyncio.ensure_future(lexical.write("shop", products))
    await asyncio.sleep(0.01)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await lexical.write("shop", {"last": Facts(title="hat")})
    assert len(await lexical.match("shop", "hat", 1000)) in {1, 501}


async def test_another_writer_is_waited_for_and_then_reported(path, open_store, monkeypatch):
    """While somebody else holds the file, a write is UNAVAILABLE, and reads go on."""
    monkeypatch.setattr("services.search.adapters.sqlite.store._BUSY_S", 0.1)
    store = open_store(path)
    lexical = SqliteLexicalIndex(store)
    await lexical.write("shop", {"a": Facts(title="hat")})
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            await lexical.write("shop", {"b": Facts(title="hat")})
        assert ["a"] == [each for each, _ in await lexical.match("shop", "hat", 10)]
        other.execute("ROLLBACK")
    await lexical.write("shop", {"b": Facts(title="hat")})


async def test_a_file_that_is_no_database_is_made_anew(path, open_store, capsys):
    """What cannot be read is removed, since the record has all of it; the log says so."""
    path.parent.mkdir()
    path.write_bytes(b"this was never a database" * 100)
    lexical = SqliteLexicalIndex(open_store(path))
    await lexical.write("shop", {"a": Facts(title="hat")})
    assert ["a"] == [each for each, _ in await lexical.match("shop", "hat", 10)]
    assert set() == await lexical.complete_catalogs()


async def test_a_damaged_file_is_made_anew(path, open_store):
    """Damage in the middle of the file is found when it is opened, not by the query that comes upon it."""
    first = SqliteStore(path)
    lexical = SqliteLexicalIndex(first)
    await lexical.write("shop", {f"p{n}": Facts(title=f"hat number{n}") for n in range(500)})
    await lexical.complete("shop")
    await first.close()
    content = bytearray(path.read_bytes())
    content[20_000:60_000] = bytes(40_000)
    path.write_bytes(content)

    lexical = SqliteLexicalIndex(open_store(path))
    assert set() == await lexical.complete_catalogs()
    await lexical.write("shop", {"a": Facts(title="hat")})
    assert ["a"] == [each for each, _ in await lexical.match("shop", "hat", 10)]


async def test_a_file_of_another_version_is_made_anew(path, open_store):
    """Words that were taken apart by other rules are not mixed with ours."""
    first = SqliteStore(path)
    await SqliteLexicalIndex(first).write("shop", {"a": Facts(title="hat")})
    await first.write("age", lambda at: at.execute(f"PRAGMA user_version = {VERSION + 1}"))
    await first.close()
    lexical = SqliteLexicalIndex(open_store(path))
    assert [] == await lexical.match("shop", "hat", 10)


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path, open_store):
    """The room does not serve, and says why in the log, where its file cannot be made."""
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Unavailable):
        await SqliteLexicalIndex(open_store(tmp_path / "file" / "lexical.db")).warm_up()


async def test_a_fault_of_ours_is_internal(path, open_store):
    """SQL that SQLite does not understand is no fault of the caller's."""
    with pytest.raises(Internal):
        await open_store(path).read("broken", lambda at: at.execute("SELECT nonsense FROM nowhere"))


async def test_many_write_and_read_at_once(path, open_store):
    """Concurrent writers and readers neither fail nor lose anything."""
    lexical = SqliteLexicalIndex(open_store(path))
    await asyncio.gather(
        *(lexical.write(f"shop{number % 3}", {f"p{number}": Facts(title="hat")}) for number in range(60)),
        *(lexical.match("shop1", "hat", 10) for _ in range(30)),
    )
    found = [len(await lexical.match(f"shop{each}", "hat", 100)) for each in range(3)]
    assert [20, 20, 20] == found


async def test_a_read_sees_one_moment(tmp_path):
    """A catalogue that is removed between two questions of one read is there for both."""
    store = SqliteStore(tmp_path / "words.db")
    lexical = SqliteLexicalIndex(store)
    await lexical.write("shop", {"p1": Facts(title="hat")})
    asked, removed = threading.Event(), threading.Event()

    def twice(connection):
        names = connection.execute("SELECT name FROM catalogs").fetchall()
        asked.set()
        removed.wait(10)
        return names, connection.execute("SELECT id FROM products_1").fetchall()

    reading = asyncio.ensure_future(store.read("twice", twice))
    await asyncio.to_thread(asked.wait, 10)
    await lexical.forget("shop")
    removed.set()

    assert ([("shop",)], [("p1",)]) == await reading
    await store.close()
