"""What watching costs: the text search without metrics, with them, and traced, on rooms that share one Milvus and one Triton.

    python -m bench.overhead [--products 1000] [--rounds 30] [--to DIR]

Starts engines of its own and one set of rooms for each way of VARIANTS, all on free ports, and loads a part of the
demonstration catalogue. One client asks each of 64 texts of every set in turn, in an order drawn anew each time (seed 0),
so that a machine whose speed drifts slows all alike; the first round does not count. Every room is scraped every 15
seconds, as a Prometheus would; spans go to a collector in a process of its own that takes them and does nothing. The encoder
works without its memory, since queries come again. The first way stands there twice: what lies between the two is chance.

Prints a table and writes bench/out/overhead.json: a list of {"variant", "calls", "p50_ms", "p99_ms", "ratio", "low", "high"};
ratio = p50_ms / that of the first variant, with its 95 % interval (bootstrap over rounds).
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import grpc
import numpy as np
from numpy.typing import NDArray

from bench import reporting
from bench.own_suite import own_settings, running
from bench.watched_rooms import Variant, collecting, rooms_of, scraped, started
from training.demo.queries import queries
from training.demo.write import write
from triptych.local.triton import IMPORT_ROOT
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import product_search_service_pb2_grpc as pb_grpc

PACK = IMPORT_ROOT / "triton" / "model_repository"
OUT = Path(__file__).parent / "out" / "overhead.json"
QUERIES = 64
PAGE_SIZE = 10
SEED = 0
RESAMPLES = 2000

# The first is what the others are compared with.
VARIANTS = {
    "without metrics": Variant("bench.without_metrics"),
    "the same again": Variant("bench.without_metrics"),
    "with metrics": Variant(),
    "and tracing, of 1 %": Variant(traced=0.01),
    "and tracing, of 100 %": Variant(traced=1.0),
}


def load(address: str, folder: Path, products: int) -> None:
    """Store so many products of the demonstration."""
    write(folder, products, with_queries=False)
    command = [sys.executable, "-m", "triptych.cli.main", "ingest", str(folder / "products.jsonl")]
    subprocess.run([*command, "--catalog", "demo", "--address", address], check=True, cwd=IMPORT_ROOT)


def measure(addresses: Mapping[str, str], rounds: int) -> dict[str, NDArray[np.float64]]:
    """Return the seconds of each call by variant, of shape (rounds, queries)."""
    requests = [
        pb.SearchProductsRequest(catalog="demo", parts=[pb.QueryPart(text=each.text)], page_size=PAGE_SIZE)
        for each in queries("dev", "text_en", QUERIES)
    ]
    chance = random.Random(SEED)
    seconds = {name: np.zeros((rounds + 1, QUERIES)) for name in addresses}
    with ExitStack() as stack:
        stubs = {
            name: pb_grpc.ProductSearchServiceStub(stack.enter_context(grpc.insecure_channel(address)))
            for name, address in addresses.items()
        }
        for turn in range(rounds + 1):
            for number, request in enumerate(requests):
                for name in chance.sample([*stubs], len(stubs)):
                    before = time.perf_counter()
                    stubs[name].SearchProducts(request, timeout=60)
                    seconds[name][turn, number] = time.perf_counter() - before
    return {name: found[1:] for name, found in seconds.items()}


def figures(seconds: Mapping[str, NDArray[np.float64]]) -> list[dict[str, object]]:
    """Return a row for each variant."""
    first = next(iter(seconds.values()))
    rng = np.random.default_rng(SEED)
    draws = rng.integers(0, len(first), (RESAMPLES, len(first)))
    base = np.array([np.median(first[draw]) for draw in draws])
    rows: list[dict[str, object]] = []
    for name, found in seconds.items():
        ratios = np.array([np.median(found[draw]) for draw in draws]) / base
        low, high = np.percentile(ratios, (2.5, 97.5))
        rows.append(
            {
                "variant": name,
                "calls": found.size,
                "p50_ms": round(float(np.percentile(found, 50)) * 1e3, 3),
                "p99_ms": round(float(np.percentile(found, 99)) * 1e3, 3),
                "ratio": round(float(np.median(found) / np.median(first)), 4),
                "low": round(float(low), 4),
                "high": round(float(high), 4),
            }
        )
    return rows


def main() -> None:
    """Start, load, measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--products", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--to", type=Path, help="a folder to work in; default: a new one that is removed")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = arguments.to or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = own_settings(PACK, folder / "suite")
        address = stack.enter_context(running(settings))
        load(address, folder / "demo", arguments.products)
        collector = stack.enter_context(collecting())
        sets = {name: rooms_of(settings, name, variant, collector) for name, variant in VARIANTS.items()}
        for name, parts in sets.items():
            stack.enter_context(started(parts, folder / "logs" / name))
        stack.enter_context(scraped([part for parts in sets.values() for part in parts]))
        rows = figures(measure({name: parts[-1].address for name, parts in sets.items()}, arguments.rounds))
    reporting.show(rows, "What watching costs")
    reporting.keep(rows, OUT)


if __name__ == "__main__":
    main()
