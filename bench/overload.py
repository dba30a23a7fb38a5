"""What an overload does: five times as much is asked for as can be answered.

    python -m bench.overload [--seconds 60] [--times 5] [--folder DIR] [--products 2000]

Starts a suite of its own with the demonstration catalogue; searches are of words, each of another query in turn, nothing
is remembered by the encoder. One process asks, on the same cores as the suite:

1. one client, one search after the other: what a search takes when nothing else is asked;
2. eight clients: how many searches a second are answered, which is the capacity;
3. *times* the capacity at even distances for *seconds*, whatever is answered, beside a health probe every 0.2 s
   and a request for the catalogue's facts every 2 s;
4. ten seconds later, one client again.

What is measured is what the client sees; *behind* is how late the client itself was, since it shares the cores.
Prints a table and writes bench/out/overload.json.
"""

import argparse
import asyncio
import os
import re
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import grpc
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from bench import demo_catalogue, reporting
from bench.load import Ask, Outcome, at_rate, codes, of_code, one_after_the_other, percentile_ms
from bench.own_suite import WITHOUT_MEMORY, own_settings, running
from training.demo.queries import queries
from triptych.local import suite
from triptych.local.settings import SuiteSettings
from triptych.local.triton import IMPORT_ROOT
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import product_search_service_pb2_grpc as pb_grpc

PACK = IMPORT_ROOT / "triton" / "model_repository"
OUT = Path(__file__).parent / "out" / "overload.json"
QUERIES = 300
DEADLINE_S = 2.0
CLIENTS = 8
QUIET_S, CAPACITY_S, REST_S = 15.0, 15.0, 10.0
PROBE_S = 0.2
# How often memory, limit and a catalogue are looked at: a page of metrics takes the gateway some milliseconds.
LOOK_S = 2.0
LIMIT = re.compile(r'triptych_rpc_limit\{share="search"\} ([\d.]+)')


def search_for(stub: "pb_grpc.ProductSearchServiceAsyncStub") -> Ask:
    """Return what asks for texts in turn."""
    texts = [query.text for query in queries("dev", "text_en", QUERIES)]

    async def ask(number: int) -> object:
        part = pb.QueryPart(text=texts[number % len(texts)])
        request = pb.SearchProductsRequest(catalog="demo", parts=[part], page_size=10)
        return await stub.SearchProducts(request, timeout=DEADLINE_S)

    return ask


async def every(pause_s: float, ask: Ask, until: asyncio.Event) -> list[Outcome]:
    """Ask again and again, with pauses."""
    outcomes: list[Outcome] = []
    while not until.is_set():
        outcomes += await one_after_the_other(ask, 0.0001)
        await asyncio.sleep(pause_s)
    return outcomes


class Watched:
    """A gateway as it is seen from outside: its resident memory in MiB, and its limit on searches."""

    def __init__(self, pid: int, metrics_url: str) -> None:
        self._process = psutil.Process(pid)
        self._url = metrics_url
        self.memory = [self._memory()]
        self.limits: list[float] = []

    async def look(self) -> None:
        """Look again."""
        self.memory.append(self._memory())
        page = await asyncio.to_thread(self._page)
        self.limits += [float(each) for each in LIMIT.findall(page)]

    def _memory(self) -> float:
        return float(self._process.memory_info().rss) / 2**20

    def _page(self) -> str:
        with urllib.request.urlopen(self._url, timeout=DEADLINE_S) as response:  # noqa: S310 - our own address
            return str(response.read().decode())


async def overloaded(
    channel: grpc.aio.Channel, watched: Watched, rate: float, seconds: float
) -> dict[str, Any]:
    """Ask so often for some seconds; return what became of it."""
    health, catalogs = health_pb2_grpc.HealthStub(channel), catalog_grpc.CatalogServiceStub(channel)
    over = asyncio.Event()

    async def probe(_: int) -> object:
        return await health.Check(health_pb2.HealthCheckRequest(), timeout=DEADLINE_S)

    async def look(_: int) -> object:
        await watched.look()
        return await catalogs.GetCatalog(catalog_pb.GetCatalogRequest(catalog="demo"), timeout=DEADLINE_S)

    beside = [
        asyncio.create_task(every(pause_s, each, over))
        for pause_s, each in ((PROBE_S, probe), (LOOK_S, look))
    ]
    outcomes = await at_rate(search_for(pb_grpc.ProductSearchServiceStub(channel)), rate, seconds)
    over.set()
    probes, looks = await asyncio.gather(*beside)
    refused = of_code(outcomes, "RESOURCE_EXHAUSTED")
    behind = sorted(each.behind_s * 1e3 for each in outcomes)
    return {
        "codes": dict(codes(outcomes)),
        "accepted per s": len(of_code(outcomes)) / seconds,
        "accepted p50 ms": percentile_ms(of_code(outcomes), 50),
        "accepted p99 ms": percentile_ms(of_code(outcomes), 99),
        "refused p50 ms": percentile_ms(refused, 50),
        "refused p99 ms": percentile_ms(refused, 99),
        "refused within 50 ms": sum(each.seconds <= 0.05 for each in refused) / max(1, len(refused)),
        "client behind p50 ms": behind[len(behind) // 2],
        "client behind p99 ms": behind[int(len(behind) * 0.99)],
        "probe p99 ms": percentile_ms(probes, 99),
        "probe codes": dict(codes(probes)),
        "catalogue p99 ms": percentile_ms(looks, 99),
        "catalogue codes": dict(codes(looks)),
    }


def quiet(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return what a search takes when nothing else is asked."""
    good = of_code(outcomes)
    return {"p50 ms": percentile_ms(good, 50), "p99 ms": percentile_ms(good, 99), "searches": len(good)}


async def measured(address: str, pid: int, metrics_url: str, times: float, seconds: float) -> dict[str, Any]:
    """Return all figures."""
    async with grpc.aio.insecure_channel(address) as channel:
        ask = search_for(pb_grpc.ProductSearchServiceStub(channel))
        await one_after_the_other(ask, 5.0)
        before = quiet(await one_after_the_other(ask, QUIET_S))
        crowd = await one_after_the_other(ask, CAPACITY_S, CLIENTS)
        capacity = len(of_code(crowd)) / CAPACITY_S
        watched = Watched(pid, metrics_url)
        during = await overloaded(channel, watched, times * capacity, seconds)
        await asyncio.sleep(REST_S)
        after = quiet(await one_after_the_other(ask, QUIET_S))
    return {
        "before": before,
        "capacity per s": capacity,
        "asked per s": times * capacity,
        "during": during,
        "after": after,
        "memory MiB": {"before": watched.memory[0], "largest": max(watched.memory)},
        "limit": {"median": median(watched.limits), "largest": max(watched.limits)},
        "accepted p99 / quiet p99": during["accepted p99 ms"] / before["p99 ms"],
        "p50 after / before": after["p50 ms"] / before["p50 ms"],
    }


def run(settings: SuiteSettings, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure in a suite of its own."""
    with running(settings) as address:
        demo_catalogue.store(address, settings.folder / "demo", arguments.products)
        before = {part.name: part.pid for part in suite.status(settings)}
        metrics_url = f"http://127.0.0.1:{settings.gateway_metrics_port}/metrics"
        asked = measured(address, before["gateway"], metrics_url, arguments.times, arguments.seconds)
        figures = asyncio.run(asked)
        after = {part.name: part.pid for part in suite.status(settings)}
    return figures | {"restarted": [name for name in before if before[name] != after[name]]}


def main() -> None:
    """Measure, print and keep."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--times", type=float, default=5.0)
    parser.add_argument("--products", type=int, default=2000)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()

    os.environ.update(WITHOUT_MEMORY)
    with tempfile.TemporaryDirectory() as made:
        figures = run(own_settings(PACK, arguments.folder or Path(made)), arguments)
    figures["time"] = time.strftime("%Y-%m-%d %H:%M")
    for name, value in figures.items():
        print(f"{name}: {value}")
    reporting.keep(figures, OUT)


if __name__ == "__main__":
    main()
