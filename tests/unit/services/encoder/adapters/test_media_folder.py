"""Files kept by their content: whole or not at all, never twice, within bounds."""

import asyncio
import errno
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.encoder.adapters import media_folder
from services.encoder.adapters.media_folder import MediaFolder
from services.encoder.core.parts import content_id
from triptych.vocabulary.errors import NotFound, Reason, ResourceExhausted, Unavailable

BYTES_MAX = 100


class Clock:
    def __init__(self):
        self.now_s = 1_000_000.0

    def __call__(self):
        return self.now_s


@pytest.fixture(scope="module")
def threads():
    with ThreadPoolExecutor(4) as threads:
        yield threads


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "media"


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1.5 MB, which can be read only as soon as it is told to."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
        return subprocess.run(command, capture_output=True, check=False).returncode

    if mount("size=1500k"):
        pytest.skip("no disk can be mounted here")
    try:
        yield folder, lambda: mount("remount,ro")
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def store(folder, threads, clock):
    return MediaFolder(folder, BYTES_MAX, threads, clock)


def named(*contents):
    return {content_id(data): data for data in contents}


def files_in(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def refused(keeping, error=ResourceExhausted):
    with pytest.raises(error) as raised:
        await keeping
    return raised.value.reason


async def test_what_was_kept_is_read_by_its_id(store):
    """Bytes come back as they were, an empty file too."""
    contents = named(b"a picture", b"")

    assert set(contents) == set(await store.keep(contents))
    assert [*contents.values()] == [await store.get(each) for each in contents]


async def test_it_is_there_after_a_restart(store, folder, threads, clock):
    """Another store on the same folder has it, and knows how much room is left."""
    await store.keep(named(b"x" * 60))

    again = MediaFolder(folder, BYTES_MAX, threads, clock)

    assert b"x" * 60 == await again.get(content_id(b"x" * 60))
    assert Reason.STORAGE_FULL == await refused(again.keep(named(b"y" * 41)))
    await again.keep(named(b"z" * 40))


async def test_one_content_is_one_file(store, folder):
    """Kept twice, or by two at once, it takes the room of one."""
    contents = named(b"x" * 60)
    await asyncio.gather(*(store.keep(contents) for _ in range(8)), return_exceptions=True)
    await store.keep(contents)

    assert 1 == len(files_in(folder))
    await store.keep(named(b"y" * 40))


async def test_a_file_that_is_there_is_not_written_again(store, folder):
    """Its inode stays the same."""
    await store.keep(named(b"x"))
    (path,) = files_in(folder)
    before = path.stat().st_ino

    await store.keep(named(b"x"))

    assert before == path.stat().st_ino


async def test_nothing_more_than_allowed(store, folder):
    """The bound holds to the byte; what is refused leaves nothing behind."""
    await store.keep(named(b"x" * BYTES_MAX))
    before = files_in(folder)

    assert Reason.STORAGE_FULL == await refused(store.keep(named(b"y")))
    assert before == files_in(folder)
    await store.keep(named(b"x" * BYTES_MAX))


@pytest.mark.parametrize(
    ("number", "error", "reason"),
    [
        (errno.ENOSPC, ResourceExhausted, Reason.STORAGE_FULL),
        (errno.EDQUOT, ResourceExhausted, Reason.STORAGE_FULL),
        (errno.EROFS, Unavailable, Reason.DEPENDENCY_UNAVAILABLE),
        (errno.EIO, Unavailable, Reason.DEPENDENCY_UNAVAILABLE),
    ],
)
async def test_a_disk_that_refuses(store, folder, monkeypatch, number, error, reason):
    """Whatever the disk says in the middle of a batch, nothing is kept, nothing is left, and the room is given back."""
    written = []

    def failing(path, data):
        written.append(path)
        path.write_bytes(data)
        if len(written) == 2:
            raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(media_folder, "write_durably", failing)
        assert reason == await refused(store.keep(named(b"x" * 40, b"y" * 40)), error)

    assert [] == files_in(folder)
    await store.keep(named(b"z" * BYTES_MAX))


async def test_a_full_disk(small_disk, threads):
    """What fits is kept; the rest is refused without a trace, and room that is made can be used."""
    folder, _ = small_disk
    store = MediaFolder(folder / "media", 1 << 40, threads)
    contents = [bytes([each]) * 200_000 for each in range(10)]
    outcomes = await asyncio.gather(*(store.keep(named(data)) for data in contents), return_exceptions=True)
    kept = [each for outcome in outcomes if not isinstance(outcome, Exception) for each in outcome]
    errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]

    assert {Reason.STORAGE_FULL} == {error.reason for error in errors}
    assert 0 < len(kept) < len(contents)
    assert len(kept) == len(files_in(folder))
    assert set(kept) == {content_id(await store.get(each)) for each in kept}
    await store.remove(kept, float("inf"))
    await store.keep(named(contents[-1]))


async def test_a_disk_that_can_only_be_read(small_disk, threads):
    """What was kept is read on; keeping more is UNAVAILABLE, not a fault of the caller's."""
    folder, make_read_only = small_disk
    store = MediaFolder(folder / "media", BYTES_MAX, threads)
    await store.keep(named(b"x"))
    make_read_only()

    assert Reason.DEPENDENCY_UNAVAILABLE == await refused(store.keep(named(b"y")), Unavailable)
    assert Reason.DEPENDENCY_UNAVAILABLE == await refused(
        store.remove([content_id(b"x")], float("inf")), Unavailable
    )
    assert b"x" == await store.get(content_id(b"x"))


async def test_a_damaged_file_is_none(store, folder):
    """It is removed, so that the same content can be kept anew, and its room is given back."""
    await store.keep(named(b"x" * BYTES_MAX))
    (path,) = files_in(folder)
    path.write_bytes(b"y" * BYTES_MAX)

    assert Reason.MEDIA_NOT_KEPT == await refused(store.get(content_id(b"x" * BYTES_MAX)), NotFound)
    await store.keep(named(b"x" * BYTES_MAX))
    assert b"x" * BYTES_MAX == await store.get(content_id(b"x" * BYTES_MAX))


async def test_a_file_cut_short_is_written_anew(store, folder):
    """A file of another size is not taken for the content."""
    await store.keep(named(b"x" * 10))
    (path,) = files_in(folder)
    path.write_bytes(b"x")

    await store.keep(named(b"x" * 10))

    assert b"x" * 10 == await store.get(content_id(b"x" * 10))


async def test_what_was_never_kept(store):
    """Is not found."""
    assert Reason.MEDIA_NOT_KEPT == await refused(store.get(content_id(b"x")), NotFound)


async def test_pages_of_ids(store):
    """Page by page every id is listed once, in order."""
    contents = named(*(bytes([each]) for each in range(30)))
    await store.keep(contents)

    listed, after = [], ""
    while page := await store.ids(after, 7, float("inf")):
        listed += page
        after = page[-1]

    assert sorted(contents) == listed


async def test_a_file_that_goes_while_it_is_listed_is_passed_over(store, monkeypatch):
    """Another replica's sweep may remove it between two looks."""
    await store.keep(named(b"goes"))
    await store.keep(named(b"stays"))
    scandir = os.scandir
    goes = content_id(b"goes").removeprefix(media_folder.PREFIX)

    @contextmanager
    def removed_meanwhile(path):
        with scandir(path) as entries:
            found = list(entries)
        for each in found:
            if each.name == goes:
                Path(each.path).unlink()
        yield found

    monkeypatch.setattr(media_folder.os, "scandir", removed_meanwhile)
    assert [content_id(b"stays")] == await store.ids("", 10, float("inf"))


async def test_only_what_was_last_kept_before_is_listed_and_removed(store, clock):
    """What a write kept again meanwhile stays: its product may name it in a moment."""
    await store.keep(named(b"old", b"again"))
    clock.now_s += 10
    before_s = clock.now_s
    await store.keep(named(b"again", b"new"))

    assert [content_id(b"old")] == await store.ids("", 10, before_s)
    assert 1 == await store.remove([*named(b"old", b"again", b"new", b"never")], before_s)
    assert Reason.MEDIA_NOT_KEPT == await refused(store.get(content_id(b"old")), NotFound)
    assert [b"again", b"new"] == [await store.get(each) for each in named(b"again", b"new")]


async def test_removing_makes_room(store, clock):
    """What was removed counts no longer."""
    await store.keep(named(b"x" * BYTES_MAX))

    assert 1 == await store.remove([content_id(b"x" * BYTES_MAX)], clock.now_s + 1)
    await store.keep(named(b"y" * BYTES_MAX))


async def test_what_a_crash_left_is_removed(store, folder, threads, clock):
    """An old partial file goes at the next start, one that may still be written stays."""
    old, young = folder / "partial" / "old", folder / "partial" / "young"
    for path, age_s in ((old, 2 * media_folder.PARTIAL_S), (young, 1)):
        path.write_bytes(b"x")
        os.utime(path, (clock.now_s - age_s, clock.now_s - age_s))

    MediaFolder(folder, BYTES_MAX, threads, clock)

    assert [young] == files_in(folder)


def test_a_folder_that_cannot_be_made(tmp_path, threads):
    """Is told at the start, not at the first product."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(OSError, match="file"):
        MediaFolder(tmp_path / "file" / "media", BYTES_MAX, threads)
