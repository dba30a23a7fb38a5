"""Milvus killed under the service."""

import asyncio
import subprocess
import time

import pytest

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.core.writing import Written
from triptych.local.milvus import milvus_command
from triptych.local.ports import free_ports
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import DeadlineExceeded, Unavailable

FUSED, IMAGE = SpaceKind.FUSED, SpaceKind.IMAGE
X = (1.0, 0, 0, 0)
PRODUCTS = 300

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


async def test_acknowledged_writes_survive_a_kill(own_milvus, own_shop):
    """After kill -9 and a new start all is there, and the same connection serves; in between, calls fail at once."""
    shop = own_shop
    await until_served(own_milvus, shop.index.warm_up)
    records = [
        shop.record(f"p{n}", {FUSED: [X], IMAGE: [X, (0, 1, 0, n / PRODUCTS)]}) for n in range(PRODUCTS)
    ]
    for start in range(0, PRODUCTS, 100):
        outcomes = await shop.write(records[start : start + 100])
        assert all(isinstance(each, Written) for each in outcomes)
    assert [] == await shop.keeper.remove(shop.catalog, ["p0"])

    own_milvus.kill()
    for _ in range(3):
        started = time.monotonic()
        with pytest.raises(Unavailable):
            await shop.search(FUSED, X)
        assert time.monotonic() - started < 1

    await until_served(own_milvus, shop.index.warm_up)
    await until_served(own_milvus, lambda: shop.search(IMAGE, X))
    everything = {f"p{n}" for n in range(1, PRODUCTS)}
    assert everything == set(await shop.products([f"p{n}" for n in range(PRODUCTS)]))
    assert everything == set(await shop.ids(IMAGE, X, limit=1000))
    await shop.put("p0", {FUSED: [X]}, b"written after the kill")
    assert {"p0": b"written after the kill"} == await shop.products(["p0"])


class OwnMilvus:
    """A Milvus that may be killed: always the same port and folder, started again as a supervisor does."""

    def __init__(self, folder):
        self.port, metrics_port = free_ports(2)
        self._command = milvus_command(folder, self.port, metrics_port)
        self._log = folder / "output.log"
        self._process = None

    def revive(self):
        if self._process is None or self._process.poll() is not None:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def own_milvus(tmp_path):
    milvus = OwnMilvus(tmp_path)
    yield milvus
    milvus.kill()


@pytest.fixture
async def own_shop(own_milvus, shop_over):
    connection = MilvusConnection(f"http://127.0.0.1:{own_milvus.port}")
    yield shop_over(connection)
    await connection.close()


async def until_served(milvus, call):
    """Repeat *call* until it succeeds; only these errors may come before."""
    async with asyncio.timeout(180):
        while True:
            milvus.revive()
            try:
                return await call()
            except (Unavailable, DeadlineExceeded):
                await asyncio.sleep(1)
