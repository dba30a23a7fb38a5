"""Decoded arrays are kept, found again, and never half written."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from training.data.array_cache import ArrayCache
from training.data.whole_file import remove_partials, whole_file
from training.errors import TrainingError

ROOT = Path(__file__).parents[4]


class Loader:
    """Loads a file as an array as long as its number, and counts how often."""

    def __init__(self):
        self.loaded = []

    def __call__(self, path):
        self.loaded.append(path.name)
        number = int(path.read_text())
        return np.full((number % 7 + 1, 3), number, np.int32)


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    paths = [folder / f"{at}.txt" for at in range(40)]
    for at, path in enumerate(paths):
        path.write_text(str(at))
    return paths


@pytest.fixture
def cache(tmp_path):
    return ArrayCache(tmp_path / "cache", rows_per_shard=4, threads=2)


def check(arrays, files):
    assert len(files) == len(arrays)
    for path, array in zip(files, arrays, strict=True):
        np.testing.assert_array_equal(Loader()(path), array)


def test_arrays_of_any_length_come_in_order(cache, files):
    """In the order of the files, whatever shard they lie in."""
    check(cache.arrays(files, Loader(), "a"), files)


def test_nothing_is_decoded_twice(cache, files, tmp_path):
    """Neither by the next run nor for a file that stands there twice, or in another order."""
    first, again = Loader(), Loader()
    cache.arrays([*files, files[0]], first, "a")

    arrays = ArrayCache(tmp_path / "cache", rows_per_shard=4).arrays(files[::-1], again, "a")

    assert sorted(path.name for path in files) == sorted(first.loaded)
    assert [] == again.loaded
    check(arrays, files[::-1])


def test_other_preprocessing_is_kept_apart(cache, files):
    """The same file at another size is another array."""
    cache.arrays(files, Loader(), "a")
    again = Loader()

    cache.arrays(files, again, "b")

    assert len(files) == len(again.loaded)


@pytest.mark.parametrize("key", ["content", "stat"])
def test_a_changed_file_costs_one_shard(tmp_path, files, key):
    """The new content is seen; most of the others are not decoded again."""
    cache = ArrayCache(tmp_path / "cache", rows_per_shard=4, key=key)
    cache.arrays(files, Loader(), "a")
    files[3].write_text("1234")
    again = Loader()

    arrays = cache.arrays(files, again, "a")

    check(arrays, files)
    assert "3.txt" in again.loaded
    assert len(again.loaded) < len(files) / 2


def test_arrays_cannot_be_written_to(cache, files):
    """A training that changes its batch in place must not change the data."""
    with pytest.raises(ValueError, match="read-only"):
        cache.arrays(files, Loader(), "a")[0][:] = 0


def test_stacked(cache, files):
    """A batch of equal shapes is one array, and the caller's own."""
    arrays = cache.arrays(files, Loader(), "a")

    batch = arrays.stacked(np.array([2, 9, 16]))

    assert ((3, 3, 3), [2, 9, 16]) == (batch.shape, batch[:, 0, 0].tolist())
    batch[:] = 0


def test_two_runs_write_the_same_bytes(tmp_path, files):
    """The cache depends on nothing but the files: not on threads, nor on their order."""
    for name, order, threads in (("one", files, 1), ("two", files[::-1], 4)):
        ArrayCache(tmp_path / name, rows_per_shard=4, threads=threads).arrays(order, Loader(), "a")

    assert {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()
    }


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda _: b"", lambda _: b"x" * 500])
def test_a_damaged_shard_is_made_again(cache, files, tmp_path, damage):
    """Whatever has happened to the files of the cache, the arrays are right."""
    cache.arrays(files, Loader(), "a")
    for path in sorted((tmp_path / "cache").iterdir())[:3]:
        path.write_bytes(damage(path.read_bytes()))

    check(cache.arrays(files, Loader(), "a"), files)


@pytest.mark.parametrize("change", [lambda ends: ends[:-1], lambda ends: ends + 1])
def test_shards_whose_two_files_disagree_are_made_again(cache, files, tmp_path, change):
    """Both can be read, but no longer belong together."""
    cache.arrays(files, Loader(), "a")
    path = min((tmp_path / "cache").glob("*.ends.npy"))
    np.save(path, change(np.load(path)))

    check(cache.arrays(files, Loader(), "a"), files)


def test_a_file_that_cannot_be_read_stops_but_keeps_what_is_done(cache, files, tmp_path):
    """Finished shards are used by the run after the file has been mended."""

    def load(path):
        if path == files[20]:
            raise TrainingError(f"{path}: broken")
        return Loader()(path)

    with pytest.raises(TrainingError, match=r"20\.txt: broken"):
        cache.arrays(files, load, "a")
    again = Loader()
    check(cache.arrays(files, again, "a"), files)
    with pytest.raises(TrainingError, match="No such file"):
        cache.arrays([tmp_path / "none"], Loader(), "a")


def test_unlike_arrays_are_refused(cache, files):
    """A loader that gives other shapes for other files is a fault to hear of."""
    with pytest.raises(TrainingError, match=r"txt: decoded to float64 \(\d, \d+\), unlike"):
        cache.arrays(files, lambda path: np.zeros((2, int(path.read_text()) + 1)), "a")


WRITER = """
    import resource, sys, time
    from pathlib import Path
    import numpy as np
    from training.data.array_cache import ArrayCache
    from training.errors import TrainingError

    folder, files, how = Path(sys.argv[1]), sorted(Path(sys.argv[2]).iterdir()), sys.argv[3]

    def load(path):
        if how == "slow":
            print(path, flush=True)
            time.sleep(0.02)
        return np.full((2000, 3), int(path.read_text()), np.int32)

    if how == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    try:
        arrays = ArrayCache(folder, rows_per_shard=4, threads=1).arrays(files, load, "a")
        print(len(arrays), sum(int(array[0, 0]) for array in arrays))
    except TrainingError as error:
        sys.exit(f"error {error}")
"""


def writer(tmp_path, how, **options):
    command = [sys.executable, "-c", textwrap.dedent(WRITER), tmp_path / "cache", tmp_path / "files", how]
    return subprocess.Popen(command, cwd=ROOT, text=True, **options)


def test_a_full_disk_is_said_and_leaves_nothing_broken(files, tmp_path):
    """A write that the system cuts short is one sentence; the next run finds no half file."""
    process = writer(tmp_path, "full", stderr=subprocess.PIPE)
    said = process.communicate()[1]

    assert 1 == process.returncode
    assert "the disk is full" in said
    assert "Traceback" not in said
    assert not [path for path in (tmp_path / "cache").iterdir() if not path.name.endswith(".ends.npy")]

    again = writer(tmp_path, "fast", stdout=subprocess.PIPE)
    assert f"40 {sum(range(40))}" == again.communicate()[0].strip()


def test_a_killed_run_goes_on_where_it_was(files, tmp_path):
    """Shards finished before the kill are not decoded again, and the result is the same."""
    process = writer(tmp_path, "slow", stdout=subprocess.PIPE)
    before = [process.stdout.readline().strip() for _ in range(25)]
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (tmp_path / "cache" / ".x.npy.999999999.partial").write_bytes(b"left by a killed run")

    said = writer(tmp_path, "slow", stdout=subprocess.PIPE).communicate()[0].split("\n")

    decoded_again = set(before) & set(said)
    assert f"40 {sum(range(40))}" in said
    assert len(decoded_again) < 15
    assert not list((tmp_path / "cache").glob(".*"))


def test_a_failed_block_leaves_the_old_file(tmp_path):
    """Half a new file never takes the place of a whole old one."""
    path = tmp_path / "file"
    path.write_text("old")

    with pytest.raises(RuntimeError), whole_file(path) as partial:  # noqa: PT012
        partial.write_text("half")
        raise RuntimeError
    assert ["file"] == [one.name for one in tmp_path.iterdir()]
    assert "old" == path.read_text()


def test_libraries_that_say_of_a_full_disk_in_their_own_words(tmp_path):
    """Such as safetensors, whose error is no OSError."""
    with pytest.raises(TrainingError, match="the disk is full"), whole_file(tmp_path / "x"):
        raise RuntimeError("I/O error: No space left on device (os error 28)")


def test_a_file_that_cannot_be_written(tmp_path):
    """A file where a folder should be."""
    (tmp_path / "file").touch()

    with pytest.raises(TrainingError, match="cannot be written"), whole_file(tmp_path / "file" / "x"):
        pass


def test_partial_files_of_living_processes_stay(tmp_path):
    """Another process may be writing beside this one."""
    mine = tmp_path / f".x.{os.getpid()}.partial"
    mine.touch()

    remove_partials(tmp_path)

    assert mine.exists()
