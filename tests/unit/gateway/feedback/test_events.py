"""The SQLite file that keeps what customers did."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.adapters.events import SqliteEvents
from gateway.core.feedback.model import Event, Shown
from triptych.vocabulary.choices import EventType
from triptych.vocabulary.errors import Reason, ResourceExhausted, Unavailable

ROOT = Path(__file__).resolve().parents[4]


def shown(search_id: str, catalog: str = "shop", products: str = "ab") -> Shown:
    return Shown(search_id, catalog, 1.5, "text", ("cosine",), dict.fromkeys(products, (0.5,)))


def event(event_id: str, search: str = "s1", product: str = "a", kind=EventType.CLICKED, **more) -> Event:
    return Event(event_id, product, kind, 2.5, shown(search, **more))


@pytest.fixture
async def store(tmp_path):
    """A store in a folder that is not there yet."""
    opened = SqliteEvents(tmp_path / "new" / "events.db", 2**30)
    yield opened
    await opened.close()


def acknowledged_before_kill(path: Path) -> int:
    """Kill a process that records events, and return how many it saw acknowledged."""
    writer = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("writer.py")), str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with writer, writer.stdout:
        for line in writer.stdout:
            if int(line) == 25:
                break
        writer.send_signal(signal.SIGKILL)
        return 26 + sum(1 for _ in writer.stdout)


class TestRecording:
    async def test_what_was_done_comes_back_with_what_was_shown(self, store):
        """In the order of recording."""
        await store.record([event("e1"), event("e2", product="b"), event("e3", kind=EventType.BOUGHT)])
        (answer,) = await store.answers("shop", 0, 10)

        assert shown("s1") == answer.shown
        assert {"a": (EventType.CLICKED, EventType.BOUGHT), "b": (EventType.CLICKED,)} == answer.events

    async def test_an_event_of_a_known_name_is_not_recorded_again(self, store):
        """In one call, in two, and whatever it says."""
        await store.record([event("e1"), event("e1", kind=EventType.BOUGHT)])
        await store.record([event("e1", search="s2", kind=EventType.DISLIKED)])
        answers = await store.answers("shop", 0, 10)

        assert [{"a": (EventType.CLICKED,)}] == [each.events for each in answers]

    async def test_catalogues_are_apart(self, store):
        """Each has its own."""
        await store.record([event("e1"), event("e2", search="s2", catalog="other")])

        assert ["s1"] == [each.shown.search_id for each in await store.answers("shop", 0, 10)]
        assert ["s2"] == [each.shown.search_id for each in await store.answers("other", 0, 10)]

    async def test_pages_follow_one_another(self, store):
        """By the order of the first events; later events of an answer do not move it."""
        await store.record([event(f"e{at}", search=f"s{at}") for at in range(5)])
        await store.record([event("late", search="s0")])
        seen, after = [], 0
        while page := await store.answers("shop", after, 2):
            seen += [each.shown.search_id for each in page]
            after = page[-1].number

        assert ["s0", "s1", "s2", "s3", "s4"] == seen

    async def test_many_at_once(self, store):
        """Calls side by side lose nothing."""
        await asyncio.gather(
            *(store.record([event(f"e{at}", search=f"s{at % 7}", product="ab"[at % 2])]) for at in range(60))
        )
        answers = await store.answers("shop", 0, 100)

        assert 60 == sum(len(kinds) for each in answers for kinds in each.events.values())

    async def test_two_gateways_may_share_the_file(self, tmp_path):
        """Each sees what the other recorded."""
        one, other = (SqliteEvents(tmp_path / "events.db", 2**30) for _ in range(2))
        await asyncio.gather(one.record([event("e1")]), other.record([event("e2", product="b"), event("e1")]))

        assert {"a", "b"} == set((await one.answers("shop", 0, 10))[0].events)
        await asyncio.gather(one.close(), other.close())


class TestFaults:
    async def test_no_more_room(self, tmp_path):
        """Nothing of the call is kept, what was there stays, and reading goes on."""
        store = SqliteEvents(tmp_path / "events.db", 2**20)
        await store.record([event("first")])
        many = [event(f"e{at}", search=f"s{at}") for at in range(20_000)]
        with pytest.raises(ResourceExhausted) as caught:
            await store.record(many)
        answers = await store.answers("shop", 0, 10)

        assert Reason.STORAGE_FULL == caught.value.reason
        assert ["s1"] == [each.shown.search_id for each in answers]
        await store.record([event("small")])
        await store.close()

    @pytest.mark.parametrize("kind", ["folder", "garbage", "file above"])
    async def test_a_file_that_cannot_be_used(self, tmp_path, kind):
        """Says so, again and again, and works once it is mended."""
        path = tmp_path / "a" / "events.db"
        if kind == "file above":
            (tmp_path / "a").write_text("")
        else:
            path.parent.mkdir()
            path.mkdir() if kind == "folder" else path.write_bytes(b"no database" * 1000)
        store = SqliteEvents(path, 2**30)
        for _ in range(2):
            with pytest.raises(Unavailable):
                await store.record([event("e1")])
        if kind == "garbage":
            path.unlink()
            await store.record([event("e1")])

            assert 1 == len(await store.answers("shop", 0, 10))
        await store.close()

    async def test_a_killed_gateway_keeps_what_it_acknowledged(self, tmp_path):
        """Kill -9, without a word of warning."""
        path = tmp_path / "events.db"
        acknowledged = await asyncio.to_thread(acknowledged_before_kill, path)
        store = SqliteEvents(path, 2**30)
        kept = [each.shown.search_id for each in await store.answers("shop", 0, 100_000)]

        assert [f"s{at}" for at in range(acknowledged)] == kept[:acknowledged]
        await store.close()
