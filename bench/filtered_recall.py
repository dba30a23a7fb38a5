"""How much of the truth a filtered search finds, on the Milvus server and on Milvus Lite, at the default settings.

    python -m bench.filtered_recall [--products 50000] [--queries 200] [--engines milvus milvus_lite]

Products have vectors of 256 dimensions around 200 centres, as pictures of things lie around kinds of things; a random
number between 0 and 1 decides which of them a filter lets through. Truth is the exact comparison of all products that
pass. Searches go through the search room's own adapter, one after the other; the shares take turns, query by query, so
that a machine whose speed drifts slows all of them. Each is measured right after the writes, after they were flushed, and
the server also when its HNSW index is built and loaded.

Prints a table and writes bench/out/filtered_recall.json: a list of {"engine", "state", "filter", "share", "recall", "p50_ms",
"ratio"}, ratio = p50_ms / that of the search without a filter.
"""

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from pymilvus.grpc_gen.milvus_pb2 import FlushRequest, GetQuerySegmentInfoRequest

from bench import reporting
from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.directory import Directory
from services.search.adapters.milvus.index import MilvusIndex
from services.search.core.filters.parse import parse
from services.search.core.model import Collection, Facts, Row, RowKey
from services.search.settings import SearchSettings
from triptych.local.bound import bound_command
from triptych.local.milvus import milvus_command
from triptych.local.ports import free_ports
from triptych.local.waiting import is_ok, wait_until_ready
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import Floats, Space

SEED = 7
DIMENSION = 256
CENTRES = 200
# How far products lie from their centre, against a centre's length of 1.
SPREAD = 0.8
SHARES = (1.0, 0.5, 0.1, 0.01, 0.001)
FIND = 10
ROWS_AT_ONCE = 1000
STARTED_WITHIN_S = 120
LOADED_WITHIN_S = 400
OUT = Path(__file__).parent / "out" / "filtered_recall.json"


def vectors(rng: np.random.Generator, centres: Floats, count: int) -> Floats:
    """Return *count* vectors of length 1 around *centres*, shape (count, DIMENSION), float32."""
    around = centres[rng.integers(len(centres), size=count)]
    drawn = around + SPREAD * rng.normal(size=around.shape) / np.sqrt(DIMENSION)
    scaled: Floats = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return scaled


@contextmanager
def running(engine: str) -> Iterator[str]:
    """Start an empty *engine* and return its address."""
    with tempfile.TemporaryDirectory() as folder:
        if engine == "milvus_lite":
            yield f"{folder}/lite.db"
            return
        port, metrics_port = free_ports(2)
        command = milvus_command(Path(folder), port, metrics_port, cache=Path("var/cache/milvus").resolve())
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(bound_command(command), stdout=output, stderr=output)
        try:
            wait_until_ready(
                process, lambda: is_ok(f"http://127.0.0.1:{metrics_port}/healthz"), STARTED_WITHIN_S
            )
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def adapter(connection: MilvusConnection) -> MilvusIndex:
    """Return the search room's adapter at its default settings."""
    settings = SearchSettings()
    directory = Directory(
        connection,
        memory_ms=settings.collection_memory_ms,
        hnsw_m=settings.hnsw_m,
        hnsw_ef_construction=settings.hnsw_ef_construction,
    )
    return MilvusIndex(connection, directory, search_ef=settings.search_ef, consistency=settings.consistency)


async def fill(index: MilvusIndex, products: Floats, draws: Floats) -> Collection:
    """Store *products*, the price of each what was drawn for it."""
    collection = await index.create("bench", SpaceKind.FUSED, Space("bench/fused", DIMENSION))
    rows = [
        Row(RowKey(str(number), 0), b"", vector, Facts(price=float(price), attributes={"x": float(price)}))
        for number, (vector, price) in enumerate(zip(products, draws, strict=True))
    ]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        await index.upsert(collection, rows[start : start + ROWS_AT_ONCE])
    return collection


async def loaded(connection: MilvusConnection, collection: Collection) -> None:
    """Return when all rows are searched by HNSW: before, Milvus has an index of its own for them."""
    request = GetQuerySegmentInfoRequest(collectionName=collection.name)
    async with asyncio.timeout(LOADED_WITHIN_S):
        while True:
            segments = (await connection.call("GetQuerySegmentInfo", request)).infos
            if segments and all(each.index_name for each in segments):
                return
            await asyncio.sleep(1)


async def measure(
    index: MilvusIndex, collection: Collection, products: Floats, draws: Floats, queries: Floats
) -> list[dict[str, object]]:
    """Ask each query with each filter; return a figure for each filter."""
    filters = [
        ("none", 1.0, ""),
        *(("price", share, f"price < {share}") for share in SHARES[1:]),
        *(("attribute", share, f"attributes.x < {share}") for share in SHARES[1:]),
    ]
    trees = [parse(text, {"x": ["number"]}) for _, _, text in filters]
    recalls: list[list[float]] = [[] for _ in filters]
    times_s: list[list[float]] = [[] for _ in filters]
    for query in queries:
        cosines = products @ query
        for place, ((_, share, _), tree) in enumerate(zip(filters, trees, strict=True)):
            passing = np.flatnonzero(draws < share)
            best = passing[np.argsort(-cosines[passing])[:FIND]]
            started = time.perf_counter()
            found = await index.nearest(collection, query, FIND, with_vectors=False, among=tree)
            times_s[place].append(time.perf_counter() - started)
            ids = {int(each.row.key.product_id) for each in found}
            assert ids <= set(passing.tolist())
            recalls[place].append(len(ids & set(best.tolist())) / len(best))
    plain = float(np.median(times_s[0]))
    return [
        {
            "filter": name,
            "share": share,
            "recall": round(float(np.mean(recall)), 4),
            "p50_ms": round(float(np.median(seconds)) * 1e3, 2),
            "ratio": round(float(np.median(seconds)) / plain, 2),
        }
        for (name, share, _), recall, seconds in zip(filters, recalls, times_s, strict=True)
    ]


async def run(uri: str, products: Floats, draws: Floats, queries: Floats) -> list[dict[str, object]]:
    """Fill the engine at *uri* and measure it."""
    connection = MilvusConnection(uri)
    index = adapter(connection)
    collection = await fill(index, products, draws)
    figures: list[dict[str, object]] = []

    async def note(state: str) -> None:
        measured = await measure(index, collection, products, draws, queries)
        figures.extend({"state": state} | each for each in measured)

    await note("written")
    await connection.call("Flush", FlushRequest(collection_names=[collection.name]))
    await note("flushed")
    if not connection.is_exhaustive:
        await loaded(connection, collection)
        await note("indexed")
    await connection.close()
    return figures


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--engines", nargs="+", default=["milvus", "milvus_lite"])
    arguments = parser.parse_args()
    rng = np.random.default_rng(SEED)
    centres = rng.normal(size=(CENTRES, DIMENSION)) / np.sqrt(DIMENSION)
    products = vectors(rng, centres, arguments.products)
    queries = vectors(rng, centres, arguments.queries)
    draws = rng.random(arguments.products)
    figures: list[dict[str, object]] = []
    for engine in arguments.engines:
        with running(engine) as uri:
            measured = asyncio.run(run(uri, products, draws, queries))
        figures += [{"engine": engine} | each for each in measured]
    reporting.show(figures)
    reporting.keep(figures, OUT)


if __name__ == "__main__":
    main()
