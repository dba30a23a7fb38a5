"""The disk of Milvus is full: writes end in time, nothing acknowledged is lost, and all goes on when there is room."""

import os
import time
from contextlib import contextmanager

import psutil
import pytest

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.core.writing import Written
from tests.conftest import ROOT, run_until_ready
from triptych.local.milvus import milvus_command
from triptych.local.ports import free_ports
from triptych.local.waiting import is_ok
from triptych.runtime import context
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import Reason, TriptychError

# An empty Milvus takes 200 MiB, most of it for logs that it makes beforehand.
SIZE, ROOM = "size=320m", "size=2g"
PRODUCT_BYTES = 40_000
BATCH = 50
PATIENCE_S = 90
AWAY = {Reason.DEPENDENCY_UNAVAILABLE, Reason.DEADLINE_EXCEEDED}


@contextmanager
def milvus_in(folder, ports):
    """Run a Milvus that keeps everything in *folder*."""
    port, metrics_port = ports
    command = milvus_command(folder, port, metrics_port, cache=ROOT / "var" / "cache" / "milvus")
    healthy = f"http://127.0.0.1:{metrics_port}/healthz"
    yield from run_until_ready(command, lambda: is_ok(healthy), folder.parent / "milvus.log")


async def write(shop, ids, seconds):
    """Write products of random bytes; return them by id once they are acknowledged."""
    products = {each: os.urandom(PRODUCT_BYTES) for each in ids}
    records = [shop.record(each, {SpaceKind.FUSED: [[1, 0, 0, 0]]}, products[each]) for each in ids]
    with context.request(None, seconds):
        outcomes = await shop.write(records)
    assert all(isinstance(each, Written) for each in outcomes)
    return products


async def filled(shop):
    """Write until it is refused; return what was acknowledged, and the refusal."""
    acknowledged = {}
    while True:
        try:
            ids = [f"p{len(acknowledged) + n}" for n in range(BATCH)]
            acknowledged |= await write(shop, ids, 10)
        except TriptychError as refusal:
            return acknowledged, refusal


async def kept(shop, products):
    """Return whether all *products* are there; a Milvus that has just got room or begun may need a moment."""
    ids, end = list(products), time.monotonic() + PATIENCE_S
    while True:
        try:
            found = {}
            for at in range(0, len(ids), BATCH):
                with context.request(None, 30):
                    found |= await shop.products(ids[at : at + BATCH])
        except TriptychError as error:
            if error.reason not in AWAY or time.monotonic() > end:
                raise
        else:
            return found == products


@pytest.mark.slow
async def test_milvus_on_a_full_disk(disk, shop_over):
    """Writes end with their deadline; what was acknowledged is there, with room again and after a kill -9."""
    folder, ports = disk(SIZE), free_ports(2)
    with milvus_in(folder, ports):
        connection = MilvusConnection(f"http://127.0.0.1:{ports[0]}")
        shop = shop_over(connection)
        acknowledged, refusal = await filled(shop)
        assert refusal.reason in {Reason.DEADLINE_EXCEEDED, Reason.STORAGE_FULL}
        assert acknowledged

        disk(ROOM)
        acknowledged |= await write(shop, ["after"], 60)
        assert await kept(shop, acknowledged)
        for child in psutil.Process().children(recursive=True):
            if f"triptych-{ports[0]}" in child.cmdline():
                child.kill()
    with milvus_in(folder, ports):
        assert await kept(shop, acknowledged)
        await connection.close()
