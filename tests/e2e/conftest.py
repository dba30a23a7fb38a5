"""The whole suite as a person starts it, on free ports, with a small demonstration catalogue."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from tests.collector import Collector, collecting
from training.demo.items import Item, items
from training.demo.write import write
from triptych.client import OPTIONS
from triptych.local.ports import free_ports
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import product_search_service_pb2_grpc as search_grpc

sys.path.insert(0, str(Path(__file__).parent))

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("milvus", "triton", "encoder", "fusion", "search", "ranker", "gateway")
PORTS = (
    "MILVUS_PORT", "MILVUS_METRICS_PORT", "TRITON_GRPC_PORT", "TRITON_HTTP_PORT", "TRITON_METRICS_PORT",
    "ENCODER_PORT", "ENCODER_METRICS_PORT", "FUSION_PORT", "FUSION_METRICS_PORT", "SEARCH_PORT",
    "SEARCH_METRICS_PORT", "RANKER_PORT", "RANKER_METRICS_PORT", "GATEWAY_PORT", "GATEWAY_METRICS_PORT",
)  # fmt: skip
PRODUCTS = 200
STORED_LAST = 50
CATALOG = "demo"


@dataclass(frozen=True)
class Suite:
    """A suite of its own, worked through the command line."""

    folder: Path
    environment: dict[str, str]

    @property
    def address(self) -> str:
        """Where the gateway listens."""
        return f"127.0.0.1:{self.environment['TRIPTYCH_GATEWAY_PORT']}"

    def run(self, *arguments: object, timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
        """Run `triptych` with *arguments*."""
        return subprocess.run(
            [sys.executable, "-m", "triptych.cli.main", *map(str, arguments)],
            env=self.environment,
            cwd=ROOT,
            timeout=timeout_s,
            capture_output=True,
            text=True,
            check=False,
        )

    def up(self) -> None:
        """Start it and wait until it is ready."""
        done = self.run("up", "--wait-s", 200)
        assert 0 == done.returncode, done.stderr + self.logs()

    def status(self) -> dict[str, dict[str, object]]:
        """How each part fares, by name."""
        return {part["name"]: part for part in json.loads(self.run("status", "--json").stdout)}

    def kill(self, name: str) -> None:
        """End a part as a crash would."""
        os.kill(int(str(self.status()[name]["pid"])), signal.SIGKILL)

    def wait_until_healthy(self, timeout_s: float = 120) -> None:
        """Wait until every part is ready again."""
        end = time.monotonic() + timeout_s
        while not all(part["healthy"] for part in self.status().values()):
            assert time.monotonic() < end, f"{self.status()}\n{self.logs()}"
            time.sleep(0.5)

    def logs(self) -> str:
        """The end of every log."""
        logs = sorted((self.folder / "logs").glob("*.log*"))
        return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs)


@dataclass(frozen=True)
class Shop:
    """A client of the suite, with a catalogue of demonstration products."""

    channel: grpc.Channel
    search_stub: search_grpc.ProductSearchServiceStub
    catalog_stub: catalog_grpc.CatalogServiceStub
    folder: Path
    items: dict[str, Item]
    catalog: str = CATALOG

    def find(self, *parts: pb.QueryPart, timeout_s: float = 20, **choices) -> pb.SearchProductsResponse:
        """Search for *parts*."""
        request = pb.SearchProductsRequest(parts=parts, **{"catalog": self.catalog, **choices})
        return self.search_stub.SearchProducts(request, timeout=timeout_s)

    def wait_until_found(self, timeout_s: float = 60) -> None:
        """Wait until searches find what was stored last: they see writes a moment later."""
        end = time.monotonic() + timeout_s
        for product_id in sorted(self.items)[-STORED_LAST:]:
            title = pb.QueryPart(text=self.items[product_id].title_en)
            while product_id not in {each.product.id for each in self.find(title, page_size=100).results}:
                assert time.monotonic() < end, f"{product_id} is not found"
                time.sleep(0.2)


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Where the suite's spans go."""
    with collecting() as listening:
        yield listening


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Suite]:
    """A running suite, of which those requests are traced whose clients ask for it."""
    folder = tmp_path_factory.mktemp("suite")
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    told = {f"TRIPTYCH_{name}": str(port) for name, port in ports.items()}
    cache = ROOT / "var" / "cache" / "milvus"
    told |= {"TRIPTYCH_TRACING_ENDPOINT": collector.address, "TRIPTYCH_TRACING_RATIO": "0"}
    environment = {**os.environ, **told, "TRIPTYCH_STATE": str(folder), "TRIPTYCH_MILVUS_CACHE": str(cache)}
    started = Suite(folder, environment)
    try:
        started.up()
        yield started
    finally:
        started.run("down")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small demonstration catalogue."""
    folder = tmp_path_factory.mktemp("demo")
    write(folder, PRODUCTS, with_queries=False)
    return folder


@pytest.fixture(scope="session")
def shop(suite: Suite, demo: Path) -> Iterator[Shop]:
    """The demonstration catalogue in the running suite."""
    done = suite.run("ingest", demo / "products.jsonl", "--catalog", CATALOG, "--address", suite.address)
    assert 0 == done.returncode, done.stdout + done.stderr
    # Those of the client but for its retries, which would hide what a test is to see.
    options = [option for option in OPTIONS if "reconnect" in option[0]]
    with grpc.insecure_channel(suite.address, options=options) as channel:
        opened = Shop(
            channel,
            search_grpc.ProductSearchServiceStub(channel),
            catalog_grpc.CatalogServiceStub(channel),
            demo,
            {item.id: item for item in items(PRODUCTS)},
        )
        opened.wait_until_found()
        yield opened
