"""A model upgrade under a constant load of searches and writes, beside plain encoding of the same products.

    python -m bench.upgrade [--next PACK] [--products 20000] [--searchers 1] [--writes-per-s 5]

A suite of its own serves the demonstration pack and PACK, which is the same under another name unless it is told: its
vectors are of another space, and take as long to make. Products of words alone are stored; then searches and writes go
to a second gateway without a pause until the end. In this load

1. all products are encoded and fused by PACK's rooms, a page at a time as the upgrade does it: the plain encoding;
2. the catalogue is upgraded; the first gateway, which works on it, is killed with -9 in the middle, and goes on when it is
   back, or the second one does;
3. it is switched, rolled back, switched again.

Every answer says from which vectors it is; its first product must be of the words that were searched. At the end every
product is looked up: what was acknowledged last must be there.

Prints a table and writes bench/out/upgrade.json: {"products", "plain_s", "upgrade_s", "ratio", "searches", "writes",
"failed", "mixed", "lost", "kills"}.
"""

import asyncio
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from bench import reporting
from bench.own_suite import WITHOUT_MEMORY, own_settings, running
from gateway.adapters.encoder import EncoderRoom
from gateway.adapters.fusion import FusionRoom
from gateway.adapters.products import PackedProducts
from gateway.core.model.catalog import ProductRecord
from gateway.core.upgrade.backfill import PAGE_PRODUCTS, PAGES_AT_ONCE
from gateway.core.upgrade.encoding import Reencoder
from gateway.core.upgrade.model import Pair
from gateway.main_upgrades import BACKFILL_PAGE_S
from training.demo.items import items
from training.packs.seal import reseal
from triptych.client import Client
from triptych.local import suite
from triptych.local.keys import token_key
from triptych.local.ports import free_ports
from triptych.local.settings import SuiteSettings
from triptych.packs.pack import PACK_FILE
from triptych.runtime.channels import open_channel
from triptych.runtime.context import request
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import product_search_service_pb2_grpc as search_grpc
from triptych.v1 import upgrade_service_pb2 as upgrade_pb
from triptych.v1.types_pb2 import Product

OUT = Path("bench/out/upgrade.json")
DEMO_PACK = Path("triton/model_repository")
CATALOG = "bench"
SEED = 11
TIMEOUT_S = 60.0
# Searches see what was stored within so long; before that the first ones would look for products in vain.
SEEN_WITHIN_S = 1.0


def renamed(folder: Path) -> Path:
    """Make *folder* the demonstration pack under another name and version; return it."""
    shutil.copytree(DEMO_PACK, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in folder.glob("*/config.pbtxt"):
        text = path.read_text().replace("triptych-demo-1/", "next-demo-2/")
        text = re.sub(r'(key: "pack" value: \{ string_value: )"triptych-demo"', r'\1"next-demo"', text)
        text = re.sub(r'(key: "version" value: \{ string_value: )"1"', r'\1"2"', text)
        path.write_text(text)
    facts = json.loads((folder / PACK_FILE).read_text())
    (folder / PACK_FILE).write_text(json.dumps(facts | {"name": "next-demo", "version": "2"}))
    reseal(folder)
    return folder


def products_of(count: int) -> list[Product]:
    """Return *count* products of words alone, each with a number in its title that no other has."""
    texts = [(item.title_en, item.description_en) for item in items(min(count, 3_600))]
    return [
        Product(
            id=f"p{at:06}", title=f"{texts[at % len(texts)][0]} n{at}", description=texts[at % len(texts)][1]
        )
        for at in range(count)
    ]


class Load:
    """Searches and writes that never stop; counts what goes wrong."""

    def __init__(self, address: str, products: list[Product], writes_per_s: float) -> None:
        self._address, self._products, self._pause_s = address, products, 1 / writes_per_s
        self.searches = self.writes = self.failed = self.mixed = 0
        self.versions: dict[int, int] = {}
        self.spaces: set[str] = set()
        self._done = asyncio.Event()

    async def run(self, searchers: int) -> None:
        """Go on until `stop`."""
        async with open_channel(self._address) as channel:
            await asyncio.gather(
                self._write(catalog_grpc.CatalogServiceStub(channel)),
                *(self._search(search_grpc.ProductSearchServiceStub(channel), at) for at in range(searchers)),
            )

    def stop(self) -> None:
        """Let it end."""
        self._done.set()

    async def _search(self, stub: Any, seed: int) -> None:
        drawn = random.Random(SEED + seed)
        while not self._done.is_set():
            number = drawn.randrange(len(self._products))
            request = search_pb.SearchProductsRequest(
                catalog=CATALOG, parts=[search_pb.QueryPart(text=f"n{number}")], lexical_weight=0.9
            )
            self.searches += 1
            try:
                response = await stub.SearchProducts(request, timeout=TIMEOUT_S)
            except grpc.aio.AioRpcError as error:
                self.failed += 1
                print("search:", error.code(), error.details())
                continue
            self.spaces.add(response.index.space)
            found = [each.product.id for each in response.results]
            if not found or found[0] != f"p{number:06}":
                self.mixed += 1
                place = found.index(f"p{number:06}") if f"p{number:06}" in found else None
                version, space = self.versions.get(number, 0), response.index.space
                print(
                    f"search: p{number:06} of version {version} stands at {place} of {len(found)} in {space}"
                )

    async def _write(self, stub: Any) -> None:
        drawn = random.Random(SEED)
        while not self._done.is_set():
            number = drawn.randrange(len(self._products))
            version = self.versions.get(number, 0) + 1
            changed = Product()
            changed.CopyFrom(self._products[number])
            changed.description = f"{changed.description} version {version}"
            request = catalog_pb.UpsertProductsRequest(catalog=CATALOG, products=[changed])
            self.writes += 1
            try:
                response = await stub.UpsertProducts(request, timeout=TIMEOUT_S)
            except grpc.aio.AioRpcError as error:
                self.failed += 1
                print("write:", error.code(), error.details())
            else:
                if response.results[0].error.code:
                    self.failed += 1
                    print("write:", response.results[0].error.message)
                else:
                    self.versions[number] = version
            await asyncio.sleep(self._pause_s)


async def plain(settings: SuiteSettings, products: list[Product]) -> float:
    """Return how many seconds it takes to encode and fuse *products*."""
    records = [ProductRecord(each.id, each.SerializeToString(deterministic=True)) for each in products]
    pages = [records[at : at + PAGE_PRODUCTS] for at in range(0, len(records), PAGE_PRODUCTS)]
    room = asyncio.Semaphore(PAGES_AT_ONCE)
    async with (
        open_channel(f"127.0.0.1:{settings.encoder_next_port}") as encoder,
        open_channel(f"127.0.0.1:{settings.fusion_next_port}") as fusion,
    ):
        pair, reencoder = Pair(EncoderRoom(encoder), FusionRoom(fusion)), Reencoder(PackedProducts())

        async def encode(page: list[ProductRecord]) -> None:
            async with room:
                with request(None, BACKFILL_PAGE_S):
                    await reencoder.encode(pair, page)

        begun = time.perf_counter()
        await asyncio.gather(*map(encode, pages))
        return time.perf_counter() - begun


async def upgraded(settings: SuiteSettings, client: Client) -> float:
    """Upgrade the catalogue, killing the gateway that works on it in the middle; return the seconds until it is ready."""
    begun = time.perf_counter()
    await asyncio.to_thread(client.upgrades.start, CATALOG)
    is_killed = False
    while True:
        upgrade = await asyncio.to_thread(client.upgrades.get, CATALOG)
        if not is_killed and upgrade.upgraded_count > upgrade.product_count / 2:
            gateway = next(part for part in suite.status(settings) if part.name == "gateway")
            os.kill(gateway.pid, signal.SIGKILL)
            is_killed = True
        if upgrade.phase == upgrade_pb.Upgrade.PHASE_READY:
            if not is_killed:
                raise SystemExit("it was ready before the gateway was killed: take more products")
            return time.perf_counter() - begun
        await asyncio.sleep(0.5)


@contextmanager
def second_gateway(settings: SuiteSettings) -> Iterator[str]:
    """Run another gateway before the same rooms; yields its address."""
    port, metrics_port = free_ports(2)
    told = {
        "PORT": port,
        "METRICS_PORT": metrics_port,
        "TOKEN_KEY": token_key(settings.folder),
        "EVENTS_PATH": settings.folder / "gateway" / "events2.db",
        **{
            name.upper(): f"127.0.0.1:{getattr(settings, f'{name}_port')}"
            for name in ("encoder", "fusion", "search", "ranker", "encoder_next", "fusion_next")
        },
    }
    environment = {**os.environ, **{f"TRIPTYCH_GATEWAY_{name}": str(value) for name, value in told.items()}}
    with (settings.folder / "logs" / "gateway2.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.main"], env=environment, stdout=log, stderr=log
        )
        try:
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                grpc.channel_ready_future(channel).result(timeout=60)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


async def measure(settings: SuiteSettings, address: str, arguments: Any) -> dict[str, object]:
    """Store, encode, upgrade, switch, roll back; return the figures."""
    products = products_of(arguments.products)
    with Client(address) as client:
        for at in range(0, len(products), 100):
            await asyncio.to_thread(
                client.upsert, products[at : at + 100], catalog=CATALOG, timeout_s=TIMEOUT_S
            )
        await asyncio.sleep(SEEN_WITHIN_S)
        load = Load(address, products, arguments.writes_per_s)
        running_load = asyncio.create_task(load.run(arguments.searchers))
        plain_s = await plain(settings, products)
        upgrade_s = await upgraded(settings, client)
        for move in (client.upgrades.switch, client.upgrades.roll_back, client.upgrades.switch):
            await asyncio.to_thread(move, CATALOG)
            await asyncio.sleep(5)
        load.stop()
        await running_load
        lost = 0
        for number, version in load.versions.items():
            kept = await asyncio.to_thread(client.get, f"p{number:06}", catalog=CATALOG)
            lost += not kept.description.endswith(f"version {version}")
    return {
        "products": len(products),
        "plain_s": plain_s,
        "upgrade_s": upgrade_s,
        "ratio": upgrade_s / plain_s,
        "searches": load.searches,
        "writes": load.writes,
        "failed": load.failed,
        "mixed": load.mixed,
        "lost": lost,
        "kills": 1,
        "spaces": sorted(load.spaces),
    }


def main() -> None:
    """Measure and print."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--next", type=Path)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--searchers", type=int, default=1)
    parser.add_argument("--writes-per-s", type=float, default=5.0)
    arguments = parser.parse_args()
    os.environ.update(WITHOUT_MEMORY)
    with tempfile.TemporaryDirectory() as folder:
        pack = arguments.next or renamed(Path(folder) / "next")
        settings = own_settings(DEMO_PACK.resolve(), Path(folder) / "suite")
        settings = settings.model_copy(update={"next_pack": pack.resolve()})
        with running(settings), second_gateway(settings) as address:
            figures = asyncio.run(measure(settings, address, arguments))
    print(json.dumps(figures, indent=1))
    reporting.keep(figures, OUT)


if __name__ == "__main__":
    main()
