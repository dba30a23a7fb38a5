"""How full a room's files and their disks are."""

import math
import shutil

from prometheus_client import REGISTRY

from triptych.runtime.stores import disk, watch_store


def shown(metric, store):
    return REGISTRY.get_sample_value(metric, {"store": store})


def test_a_file_is_looked_at_when_it_is_asked_for(tmp_path):
    """It need not exist yet; its size, its bound and its disk are shown."""
    path = tmp_path / "not" / "yet" / "events.db"
    watch_store("events", path, limit_bytes=1000)
    before = shown("triptych_store_bytes", "events")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 10)

    assert (0, 10) == (before, shown("triptych_store_bytes", "events"))
    assert 1000 == shown("triptych_store_limit_bytes", "events")
    assert shutil.disk_usage(tmp_path).total == shown("triptych_store_disk_size_bytes", "events")
    assert 0 < shown("triptych_store_disk_free_bytes", "events")


def test_a_store_that_counts_itself_is_asked(tmp_path):
    """A folder's files are not walked at every look."""
    watch_store("media", tmp_path, lambda: 42)

    assert 42 == shown("triptych_store_bytes", "media")


def test_a_disk_that_cannot_be_looked_at_is_no_number(monkeypatch, tmp_path):
    """The endpoint goes on showing everything else."""

    def fail(_):
        raise OSError("gone")

    monkeypatch.setattr(shutil, "disk_usage", fail)

    assert math.isnan(disk(tmp_path, 2))
