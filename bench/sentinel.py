"""What the recall sentinel costs, and whether it tells the truth, on the Milvus server at the default settings.

    python -m bench.sentinel [--products 50000] [--looks 10] [--turns 20]

Products as in bench/filtered_recall.py. First some looks of the sentinel alone; then searches of one client, in turns
of half a second with the sentinel resting and with it looking all the time, which is fifty times as much as it does. Truth
is the exact comparison in this process.

Prints a table and writes bench/out/sentinel.json: {"rows", "look_s", "look_cpu_s" (of the room alone), "recall_told",
"recall_true", "p50_ms", "p50_ms_looking", "p99_ms", "p99_ms_looking"}.
"""

import asyncio
import contextlib
import time
from pathlib import Path

import numpy as np
from pymilvus.grpc_gen.milvus_pb2 import FlushRequest

from bench import reporting
from bench.filtered_recall import CENTRES, DIMENSION, FIND, SEED, adapter, fill, loaded, running, vectors
from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.index import MilvusIndex
from services.search.core.model import Collection
from services.search.core.query import SearchQuery
from services.search.core.sentinel import Outcome, Sentinel, Verdict
from services.search.core.stores import Stores
from services.search.settings import SearchSettings
from services.search.translate_facts import facts_of
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.vectors import Floats, Vector

OUT = Path(__file__).parent / "out" / "sentinel.json"
TURN_S = 0.5


class Watch:
    """A sentinel over *index*, and what it reported."""

    def __init__(self, index: MilvusIndex, collection: Collection) -> None:
        words = InMemoryLexicalIndex()
        stores = Stores(index, words, InMemoryFieldIndex(words), facts_of)
        self.told: list[Verdict] = []
        self._collection = collection
        rows_max = SearchSettings().sentinel_rows_max
        self._sentinel = Sentinel(stores, self._note, share=1.0, rows_max=rows_max)

    def _note(self, _: SpaceKind, outcome: Outcome, verdict: Verdict) -> None:
        assert outcome is Outcome.COMPARED
        self.told.append(verdict)

    async def look(self, values: Floats) -> None:
        """Compare one search."""
        vector = Vector(values, self._collection.space.id)
        cosine = SimilarityMetric.COSINE
        await self._sentinel.look(SearchQuery("bench", SpaceKind.FUSED, cosine, FIND, vector=vector))

    async def look_on(self, queries: Floats) -> None:
        """Compare one search after the other without a rest."""
        while True:
            for values in queries:
                await self.look(values)


async def turn(index: MilvusIndex, collection: Collection, queries: Floats) -> list[float]:
    """Search for half a second; return how long each took, in seconds."""
    times_s: list[float] = []
    started = time.perf_counter()
    while time.perf_counter() - started < TURN_S:
        values = queries[len(times_s) % len(queries)]
        before = time.perf_counter()
        await index.nearest(collection, values, FIND, with_vectors=False)
        times_s.append(time.perf_counter() - before)
    return times_s


async def run(uri: str, products: Floats, queries: Floats, looks: int, turns: int) -> dict[str, object]:
    """Fill the engine at *uri* and measure."""
    connection = MilvusConnection(uri)
    index = adapter(connection)
    collection = await fill(index, products, np.zeros(len(products), np.float32))
    await connection.call("Flush", FlushRequest(collection_names=[collection.name]))
    await loaded(connection, collection)
    watch, found = Watch(index, collection), 0
    began, cpu = time.perf_counter(), time.process_time()
    for values in queries[:looks]:
        await watch.look(values)
    look_s, look_cpu_s = (time.perf_counter() - began) / looks, (time.process_time() - cpu) / looks
    for values in queries[:looks]:
        best = set(np.argsort(-(products @ values))[:FIND].tolist())
        rows = await index.nearest(collection, values, FIND, with_vectors=False)
        found += len(best & {int(each.row.key.product_id) for each in rows})
    resting: list[float] = []
    looking: list[float] = []
    for _ in range(turns):
        resting += await turn(index, collection, queries)
        task = asyncio.create_task(watch.look_on(queries))
        looking += await turn(index, collection, queries)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await connection.close()
    told = watch.told[:looks]
    return {
        "rows": len(products),
        "look_s": round(look_s, 3),
        "look_cpu_s": round(look_cpu_s, 3),
        "recall_told": 1 - sum(each.missed for each in told) / sum(each.expected for each in told),
        "recall_true": found / (FIND * looks),
        "p50_ms": round(float(np.percentile(resting, 50)) * 1e3, 2),
        "p50_ms_looking": round(float(np.percentile(looking, 50)) * 1e3, 2),
        "p99_ms": round(float(np.percentile(resting, 99)) * 1e3, 2),
        "p99_ms_looking": round(float(np.percentile(looking, 99)) * 1e3, 2),
    }


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--looks", type=int, default=10)
    parser.add_argument("--turns", type=int, default=20)
    arguments = parser.parse_args()
    rng = np.random.default_rng(SEED)
    centres = rng.normal(size=(CENTRES, DIMENSION)) / np.sqrt(DIMENSION)
    products, queries = vectors(rng, centres, arguments.products), vectors(rng, centres, 200)
    with running("milvus") as uri:
        figures = asyncio.run(run(uri, products, queries, arguments.looks, arguments.turns))
    reporting.show([{"figure": name, "value": value} for name, value in figures.items()])
    reporting.keep(figures, OUT)


if __name__ == "__main__":
    main()
