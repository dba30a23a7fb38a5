"""A rolling restart of every room under load: two replicas each, one at a time, and no request may fail.

    python -m bench.rolling [--requests 10000] [--searchers 8] [--products 500] [--plain]

A suite of its own brings Milvus and Triton; before them stand two replicas of each room and of the gateway (see
bench/replicas.py). Searches by words, by a picture with words, and writes go to both gateways without a pause, none of
them ever tried again. Meanwhile each replica of each room gets SIGTERM, ends, starts and gets ready, round after round
until so many requests are answered.

A search fails when it is refused, or when its first product is not the one whose words were asked for; a write when it is
refused, or is not there at the end. With --plain the client does not watch whether a gateway takes traffic.

Prints a table and writes bench/out/rolling.json: {"requests", "writes", "restarts", "failed", "wrong", "lost", "errors",
"seconds", "p50_ms", "p99_ms", "max_ms"}.
"""

import asyncio
import io
import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import numpy as np

from bench import reporting
from bench.own_suite import own_settings, running
from bench.replicas import REPLICAS, ROOMS, Replicas, replicas
from bench.upgrade import DEMO_PACK, products_of
from training.demo.items import items
from training.demo.render import render
from triptych.client.calls import BALANCED
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import product_search_service_pb2_grpc as search_grpc
from triptych.v1.types_pb2 import Media, Product

OUT = Path("bench/out/rolling.json")
CATALOG = "rolling"
SEED = 17
TIMEOUT_S = 20.0
# A caller that lost a replica looks for it again once a second.
SETTLE_S = 1.5
WRITE_PAUSE_S = 0.2
# Every so many searches bring a picture, and walk through all rooms.
PICTURE_EVERY = 4


@dataclass
class Load:
    """Searches and writes at a constant concurrency; counts what goes wrong."""

    products: list[Product]
    pictures: list[bytes]
    times_s: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    writes: int = 0
    versions: dict[int, int] = field(default_factory=dict)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def requests(self) -> int:
        """How many were answered or refused."""
        return len(self.times_s)

    async def search(self, stub: Any, seed: int) -> None:
        """Search until it is done."""
        drawn = random.Random(SEED + seed)
        while not self.done.is_set():
            number = drawn.randrange(len(self.products))
            with_picture = drawn.randrange(PICTURE_EVERY) == 0
            parts = [pb.QueryPart(text=f"n{number}")]
            if with_picture:
                parts.append(pb.QueryPart(image=Media(data=drawn.choice(self.pictures))))
            request = pb.SearchProductsRequest(catalog=CATALOG, parts=parts, lexical_weight=0.9)
            response = await self._timed("search", stub.SearchProducts(request, timeout=TIMEOUT_S))
            found = [each.product.id for each in response.results] if response else []
            # A mix is put in order by the ranker, which does not look at words.
            right = bool(found) if with_picture else found[:1] == [f"p{number:06}"]
            self.wrong += response is not None and not right

    async def write(self, stub: Any) -> None:
        """Write a new version of a product, one after the other, until it is done."""
        drawn = random.Random(SEED)
        while not self.done.is_set():
            number = drawn.randrange(len(self.products))
            version = self.versions.get(number, 0) + 1
            product = Product()
            product.CopyFrom(self.products[number])
            product.description += f" version {version}"
            request = catalog_pb.UpsertProductsRequest(catalog=CATALOG, products=[product])
            self.writes += 1
            response = await self._timed("write", stub.UpsertProducts(request, timeout=TIMEOUT_S))
            if response and response.results[0].error.code:
                self.errors[f"write: {response.results[0].error.message}"] += 1
            elif response:
                self.versions[number] = version
            await asyncio.sleep(WRITE_PAUSE_S)

    async def _timed(self, kind: str, call: Any) -> Any:
        begun = time.perf_counter()
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            self.errors[f"{kind}: {error.code().name}: {error.details()}"] += 1
            print(f"{time.strftime('%X')} {kind}: {error.code().name}: {error.details()}", file=sys.stderr)
            return None
        finally:
            self.times_s.append(time.perf_counter() - begun)


def channel_to(address: str, *, plain: bool = False) -> grpc.aio.Channel:
    """Open a channel to the gateways, without any retries."""
    config = json.dumps({"loadBalancingConfig": BALANCED["loadBalancingConfig"]} if plain else BALANCED)
    options = [("grpc.service_config", config), ("grpc.max_reconnect_backoff_ms", 1000)]
    return grpc.aio.insecure_channel(address, options=options)


async def rolled(
    set_up: Replicas,
    requests: int,
    products: int,
    searchers: int,
    *,
    plain: bool = False,
    each_of: int = REPLICAS,
) -> dict[str, object]:
    """Restart *each_of* the replicas of each room under load until *requests* are answered, at least once.

    Returns:
        The figures.
    """
    load = Load(products_of(products), pictures(16))
    async with channel_to(set_up.address("gateway"), plain=plain) as channel:
        catalog, search = (
            catalog_grpc.CatalogServiceStub(channel),
            search_grpc.ProductSearchServiceStub(channel),
        )
        await stored(catalog, search, load.products)
        begun, restarts = time.perf_counter(), 0
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(load.write(catalog))
            for at in range(searchers):
                tasks.create_task(load.search(search, at))
            while not restarts or load.requests < requests:
                restarts += await restarted(set_up, each_of)
            load.done.set()
        seconds = time.perf_counter() - begun
        lost = await lost_writes(catalog, load)
    times_ms = np.array(load.times_s) * 1e3
    return {
        "requests": load.requests,
        "writes": load.writes,
        "restarts": restarts,
        "failed": sum(load.errors.values()),
        "wrong": load.wrong,
        "lost": lost,
        "errors": dict(load.errors),
        "seconds": seconds,
        "p50_ms": float(np.percentile(times_ms, 50)),
        "p99_ms": float(np.percentile(times_ms, 99)),
        "max_ms": float(times_ms.max()),
    }


async def restarted(set_up: Replicas, each_of: int) -> int:
    """Stop and start the first *each_of* replicas of each room, one at a time; return how many."""
    each_one = [each for room in ROOMS for each in set_up.rooms[room][:each_of]]
    for each in each_one:
        await asyncio.to_thread(each.stop)
        each.start()
        await asyncio.to_thread(each.wait_until_ready)
        await asyncio.sleep(SETTLE_S)
    return len(each_one)


async def stored(catalog: Any, search: Any, products: list[Product]) -> None:
    """Store *products*, and wait until the last can be found."""
    for at in range(0, len(products), 100):
        page = catalog_pb.UpsertProductsRequest(catalog=CATALOG, products=products[at : at + 100])
        response = await catalog.UpsertProducts(page, timeout=120)
        assert not any(each.error.code for each in response.results)
    part = pb.QueryPart(text=f"n{len(products) - 1}")
    request = pb.SearchProductsRequest(catalog=CATALOG, parts=[part], lexical_weight=0.9)
    async with asyncio.timeout(60):
        # Searches see writes a moment later, and tell nobody when.
        while not (await search.SearchProducts(request, timeout=TIMEOUT_S)).results:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def lost_writes(catalog: Any, load: Load) -> int:
    """Return how many products are not in the version that was acknowledged last."""
    lost = 0
    for number, version in load.versions.items():
        request = catalog_pb.GetProductRequest(catalog=CATALOG, id=f"p{number:06}")
        kept = (await catalog.GetProduct(request, timeout=TIMEOUT_S)).product
        lost += not kept.description.endswith(f"version {version}")
    return lost


def pictures(count: int) -> list[bytes]:
    """Return *count* small photos of products."""
    files = []
    for item in items(count):
        file = io.BytesIO()
        render(item, 1, 96).save(file, "JPEG")
        files.append(file.getvalue())
    return files


def main() -> None:
    """Measure and print."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--searchers", type=int, default=8)
    parser.add_argument("--products", type=int, default=500)
    parser.add_argument("--plain", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = own_settings(DEMO_PACK.resolve(), Path(folder) / "suite")
        with running(settings):
            milvus = f"http://127.0.0.1:{settings.milvus_port}"
            triton = f"127.0.0.1:{settings.triton_grpc_port}"
            with replicas(milvus, triton, Path(folder) / "replicas") as set_up:
                figures = asyncio.run(
                    rolled(
                        set_up,
                        arguments.requests,
                        arguments.products,
                        arguments.searchers,
                        plain=arguments.plain,
                    )
                )
    print(json.dumps(figures, indent=1))
    reporting.keep(figures, OUT)


if __name__ == "__main__":
    main()
