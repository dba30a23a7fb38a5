"""Words and vectors together, on real shop queries with people's judgements, by the search room's own pieces.

    python -m bench.hybrid [DATA] [--judged] [--seed 0] [--work var/crowdflower]

DATA is that of bench.crowdflower. Its distinct products are one catalogue: vectors of titles are all-MiniLM-L6-v2's, words
of titles and descriptions are in SQLite, and `Searcher` finds the best ten for each query, each way with each weight.
NDCG@10 with gains 2^relevance - 1; what nobody judged for the query counts as wrong. With --judged only what was judged
for the query is put in order. The weight is chosen on one half of the queries and the figure taken on the other, both ways
round and over 50 dealings of the halves; intervals are paired bootstraps over queries. Writes bench/out/hybrid.json.
"""

import asyncio
import math
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import reporting
from bench.crowdflower import CUTOFF, DATA, Pairs, embedded, read_pairs
from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.sqlite.fields import SqliteFieldIndex
from services.search.adapters.sqlite.lexical import SqliteLexicalIndex
from services.search.adapters.sqlite.store import SqliteStore
from services.search.core.model import Facts, Row, RowKey
from services.search.core.query import SearchQuery
from services.search.core.searcher import Searcher
from services.search.core.stores import Stores
from training.evaluation.bootstrap import paired_difference
from triptych.vocabulary.choices import HybridFusion, SimilarityMetric, SpaceKind
from triptych.vocabulary.vectors import Space, Vector

OUT = Path(__file__).parent / "out" / "hybrid.json"
WEIGHTS = tuple(round(0.1 * tenth, 1) for tenth in range(1, 10))
DEALINGS = 50
SPACE = Space("minilm-1/fused", 384)
CATALOG = "crowdflower"

Values = NDArray[np.float64]
# A way to fuse, and the weight of words: 0 is vectors alone, 1 is words alone.
Way = tuple[HybridFusion, float]
VECTORS: Way = (HybridFusion.SCORES, 0.0)
WORDS: Way = (HybridFusion.SCORES, 1.0)


@dataclass(frozen=True)
class Shop:
    """A catalogue, and what people think of its products: by query, by product id, 1 to 4."""

    searcher: Searcher
    queries: Mapping[str, NDArray[np.float32]]
    judged: Mapping[str, Mapping[str, int]]


async def opened(pairs: Pairs, work: Path, stack: AsyncExitStack) -> Shop:
    """Return the shop of *pairs*; a product that was judged for several queries is one."""
    _, vectors = embedded(pairs, work)
    with np.load(work / "vectors.npz") as kept:
        queries = dict(zip(sorted(set(pairs.queries)), kept["queries"], strict=True))
    store = SqliteStore(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "words.db")
    stack.push_async_callback(store.close)
    index, words = InMemoryIndex(), SqliteLexicalIndex(store)
    await words.warm_up()
    products = products_of(pairs)
    facts = {
        own: Facts(title=title, description=description) for (title, description), own in products.items()
    }
    # Judged for several queries, a product has the same vector in each line.
    titles = {products[each]: values for each, values in zip(texts_of(pairs), vectors, strict=True)}
    rows = [Row(RowKey(own, 0), b"", titles[own]) for own in facts]
    await words.write(CATALOG, facts)
    await index.upsert(await index.create(CATALOG, SpaceKind.FUSED, SPACE), rows)
    stores = Stores(index, words, SqliteFieldIndex(store), lambda _: Facts())
    return Shop(Searcher(stores), queries, judgements(pairs, products))


def texts_of(pairs: Pairs) -> list[tuple[str, str]]:
    """Return title and description of each line."""
    return list(zip(pairs.titles, pairs.descriptions, strict=True))


def products_of(pairs: Pairs) -> dict[tuple[str, str], str]:
    """Return the ids of the distinct products, by title and description."""
    return {texts: f"{number:06}" for number, texts in enumerate(dict.fromkeys(texts_of(pairs)))}


def judgements(pairs: Pairs, products: Mapping[tuple[str, str], str]) -> dict[str, dict[str, int]]:
    """Return by query, in their order, the judgement of each product; of several the best."""
    judged: dict[str, dict[str, int]] = {query: {} for query in sorted(set(pairs.queries))}
    for query, texts, label in zip(pairs.queries, texts_of(pairs), pairs.labels, strict=True):
        own = products[texts]
        judged[query][own] = max(int(label), judged[query].get(own, 0))
    return judged


async def figures_of(shop: Shop, ways: Sequence[Way], *, only_judged: bool) -> dict[Way, Values]:
    """Return NDCG@10 of each query, in their order, by each of *ways*."""
    figures = {}
    for way in ways:
        figures[way] = np.array(
            [
                ndcg(await found(shop, query, way, tuple(labels) if only_judged else ()), labels)
                for query, labels in shop.judged.items()
            ]
        )
        print(f"{way[0].name} {way[1]:.1f}: {figures[way].mean():.4f}", flush=True)
    return figures


async def found(shop: Shop, query: str, way: Way, only_ids: tuple[str, ...]) -> list[str]:
    """Return the best products for *query*."""
    fusion, weight = way
    answer = await shop.searcher.search(
        SearchQuery(
            CATALOG,
            SpaceKind.FUSED,
            SimilarityMetric.COSINE,
            CUTOFF,
            vector=Vector(shop.queries[query], SPACE.id),
            texts=((query, 1.0),),
            lexical_weight=weight,
            hybrid_fusion=fusion,
            only_ids=only_ids,
        )
    )
    return [hit.id for hit in answer.hits]


def ndcg(order: Sequence[str], labels: Mapping[str, int]) -> float:
    """Return NDCG@10 (Järvelin and Kekäläinen 2002) of *order*; what has no label counts as wrong."""

    def gain(ranked: Sequence[int]) -> float:
        return sum(
            (2.0**label - 1) / math.log2(rank + 1) for rank, label in enumerate(ranked[:CUTOFF], start=1)
        )

    return gain([labels.get(each, 0) for each in order]) / gain(sorted(labels.values(), reverse=True))


def held_out(figures: Mapping[Way, Values], fusion: HybridFusion, seed: int) -> tuple[Values, list[float]]:
    """Return the figure of each query by the weight that is best for the other half, and the weights that were chosen."""
    rng = np.random.default_rng(seed)
    queries = len(figures[VECTORS])
    means, chosen = np.zeros(queries), []
    for _ in range(DEALINGS):
        half = np.isin(np.arange(queries), rng.permutation(queries)[: queries // 2])
        for there in (half, ~half):
            weight = max(WEIGHTS, key=lambda each: figures[fusion, each][there].mean())
            means[~there] += figures[fusion, weight][~there] / DEALINGS
            chosen.append(weight)
    return means, chosen


def report(figures: Mapping[Way, Values], seed: int) -> list[dict[str, object]]:
    """Return a row per way: the halves, each weight, and the weights chosen on the other half of the queries."""
    named = {"vectors alone": figures[VECTORS], "words alone": figures[WORDS]}
    named |= {
        f"{fusion.name}, weight {weight}": figures[fusion, weight]
        for fusion in HybridFusion
        for weight in WEIGHTS
    }
    for fusion in HybridFusion:
        means, chosen = held_out(figures, fusion, seed)
        named[f"{fusion.name}, chosen on the other half ({min(chosen)} to {max(chosen)})"] = means
    rows = []
    for label, figure in named.items():
        row: dict[str, object] = {"order": label, "ndcg@10": round(float(figure.mean()), 4)}
        for other in ("vectors alone", "words alone"):
            difference = paired_difference(figure, named[other], seed)
            row[f"minus {other}"] = (
                f"{difference.a - difference.b:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"
            )
        rows.append(row)
    return rows


async def measure(pairs: Pairs, work: Path, *, only_judged: bool) -> dict[Way, Values]:
    """Return NDCG@10 of each query, by every way."""
    ways = [VECTORS, WORDS, *((fusion, weight) for fusion in HybridFusion for weight in WEIGHTS)]
    async with AsyncExitStack() as stack:
        return await figures_of(await opened(pairs, work, stack), ways, only_judged=only_judged)


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument(
        "--judged", action="store_true", help="order what was judged for a query, and nothing else"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path("var/crowdflower"), help="keeps the vectors")
    arguments = parser.parse_args()
    reporting.needs(arguments.data)
    pairs = read_pairs(arguments.data)
    figures = asyncio.run(measure(pairs, arguments.work, only_judged=arguments.judged))
    rows = report(figures, arguments.seed)
    reporting.show(rows, f"NDCG@{CUTOFF}, {len(set(pairs.queries))} queries, {len(pairs.queries)} pairs", 140)
    reporting.keep(rows, OUT)


if __name__ == "__main__":
    main()
