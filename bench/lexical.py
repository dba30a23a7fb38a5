"""How fast words and fields are found in SQLite beside bare queries, and how well words alone order a shop's products.

    python -m bench.lexical [--products 50000] [--seed 0] [--repeats 40] [--data DATA]

The *floor* of a case is the least that has to be asked of SQLite for it, over one blocking connection in this thread: no
other thread, no deadline, no order among equals. Both take turns in one run.
DATA is pairs.csv.gz of the Crowdflower search relevance data, which is not part of this repository; NDCG@10 as in
bench.crowdflower, over each query's own judged products. Writes bench/out/lexical.json.
"""

import asyncio
import itertools
import random
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from statistics import median

import numpy as np
from rich.console import Console
from rich.table import Table

from bench import reporting
from bench.crowdflower import CUTOFF, DATA, Pairs, read_pairs, without_ties
from services.search.adapters.sqlite.fields import SqliteFieldIndex
from services.search.adapters.sqlite.lexical import SqliteLexicalIndex, match_query
from services.search.adapters.sqlite.store import SqliteStore
from services.search.core.filters.model import And, Compare, Field, Filter, Not, OneOf, Order
from services.search.core.model import Facts
from training.data.ranking import Ranking
from training.ranking.cross_validate import query_ndcg

OUT = Path(__file__).parent / "out" / "lexical.json"
BATCH = 100
LIMIT = 100
SYLLABLES = [a + b for a in "bcdfghklmnprstvw" for b in "aeiou"]
COLOUR, SIZE, TAGS = (Field(name, is_attribute=True) for name in ("colour", "size", "tags"))
HALF: Filter = Compare(Field("price"), Order.BELOW, 50.0)
FEW: Filter = Compare(Field("price"), Order.BELOW, 0.1)
MIXED: Filter = And(
    (OneOf(COLOUR, ("red", "blue")), Not(OneOf(TAGS, ("a",))), Compare(SIZE, Order.ABOVE, 40.0))
)

Case = tuple[Callable[[int], Awaitable[object]], Callable[[int], object]]


def vocabulary(chance: random.Random) -> tuple[list[str], list[float]]:
    """Return 30,000 words and, summed up, how frequent they are: as Zipf says."""
    found = dict.fromkeys("".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(40_000))
    kept = list(found)[:30_000]
    return kept, list(itertools.accumulate(1 / (rank + 1) ** 0.9 for rank in range(len(kept))))


def product(number: int, chance: random.Random, kept: list[str], frequent: list[float]) -> Facts:
    """Return a product like those of a shop: 8 words of title, 40 of description."""

    def text(length: int) -> str:
        return " ".join(chance.choices(kept, cum_weights=frequent, k=length))

    return Facts(
        title=text(8),
        description=text(40),
        brand=f"brand{chance.randrange(200)}",
        category=f"category{chance.randrange(40)}",
        price=chance.random() * 100,
        in_stock=chance.random() < 0.8,
        popularity=chance.randrange(1000),
        group_id=f"g{number // 4}" if chance.random() < 0.5 else "",
        attributes={
            "colour": chance.choice(("red", "blue", "green", "black", "white")),
            "size": float(chance.randrange(36, 47)),
            "sku": f"SKU-{number}",
            "tags": tuple(chance.sample("abcdefgh", 3)),
        },
    )


def cases(
    store: SqliteStore, seed: int, repeats: int, kept: list[str], frequent: list[float]
) -> dict[str, Case]:
    """Return what is measured, each with its floor."""
    words, fields = SqliteLexicalIndex(store), SqliteFieldIndex(store)
    chance = random.Random(seed + 1)
    texts = [" ".join(chance.choices(kept, cum_weights=frequent, k=3)) for _ in range(repeats)]
    typos = [f"{text[:-1]}x" for text in texts]
    ids = [f"p{number * 37}" for number in range(1000)]
    bare = sqlite3.connect(store.path)

    def ask(sql: str, *values: object) -> list[object]:
        return bare.execute(sql, values).fetchall()

    ranked = "SELECT rowid FROM words_1 WHERE words_1 MATCH ? ORDER BY rank LIMIT 100"
    of_price = "SELECT rowid FROM products_1 WHERE price"

    def any_of(at: int) -> str:
        return match_query(texts[at], " OR ")

    def matched(sql: str) -> Callable[[int], object]:
        return lambda at: ask(sql, any_of(at))

    return {
        "match, no filter": (lambda at: words.match("shop", texts[at], LIMIT), matched(ranked)),
        "match, half pass": (
            lambda at: words.match("shop", texts[at], LIMIT, HALF),
            matched(ranked.replace("ORDER", f"AND +rowid IN ({of_price} < 50) ORDER")),
        ),
        "match, 0.1 % pass": (
            lambda at: words.match("shop", texts[at], LIMIT, FEW),
            matched(ranked.replace("ORDER", f"AND +rowid IN ({of_price} < 0.1) ORDER")),
        ),
        "scores of 1000": (
            lambda at: words.scores("shop", texts[at], ids),
            matched("SELECT rowid, rank FROM words_1 WHERE words_1 MATCH ? AND +rowid % 37 = 1"),
        ),
        "exact": (
            lambda at: words.exact("shop", f"sku-{at}"),
            lambda at: ask("SELECT product FROM numbers_1 WHERE number = ?", f"sku-{at}"),
        ),
        "corrected, known words": (
            lambda at: words.corrected("shop", texts[at]),
            lambda at: [ask("SELECT 1 FROM terms_1 WHERE term = ?", word) for word in texts[at].split()],
        ),
        "corrected, one unknown": (
            lambda at: words.corrected("shop", typos[at]),
            lambda at: [ask("SELECT 1 FROM terms_1 WHERE term = ?", word) for word in typos[at].split()],
        ),
        "count, half pass": (
            lambda _: fields.count("shop", HALF),
            lambda _: ask("SELECT count(*) FROM products_1 WHERE price < 50"),
        ),
        "count, three conditions": (
            lambda _: fields.count("shop", MIXED),
            lambda _: ask(
                "SELECT product FROM attributes_1 WHERE name = 'colour' AND value IN ('red', 'blue') INTERSECT "
                "SELECT product FROM attributes_1 WHERE name = 'size' AND kind = 1 AND value > 40 EXCEPT "
                "SELECT product FROM attributes_1 WHERE name = 'tags' AND value = 'a'"
            ),
        ),
        "count of groups": (
            lambda _: fields.count("shop", None, by_group=True),
            lambda _: ask("SELECT count(DISTINCT group_id) FROM products_1"),
        ),
        "values of brand": (
            lambda _: fields.values("shop", Field("brand"), None),
            lambda _: ask("SELECT brand, count(*) FROM products_1 GROUP BY brand"),
        ),
        "values of an attribute": (
            lambda _: fields.values("shop", COLOUR, HALF),
            lambda _: ask(
                "SELECT value, count(*) FROM attributes_1 JOIN products_1 ON number = product "
                "WHERE name = 'colour' AND price < 50 GROUP BY value"
            ),
        ),
        "ordered by price": (
            lambda _: fields.ordered("shop", Field("price"), LIMIT, None, descending=False),
            lambda _: ask("SELECT id FROM products_1 ORDER BY price LIMIT 100"),
        ),
    }


async def timed(case: Case, repeats: int) -> tuple[list[float], list[float]]:
    """Return the seconds that each call of a case and of its floor took, in turns."""
    ours, floor = [], []
    for at in range(repeats):
        started = time.perf_counter()
        await case[0](at)
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        case[1](at)
        floor.append(time.perf_counter() - started)
    return ours, floor


async def speed(work: Path, products: int, seed: int, repeats: int) -> list[dict[str, object]]:
    """Return a row per case, and one of writing."""
    chance = random.Random(seed)
    kept, frequent = vocabulary(chance)
    store = SqliteStore(work / "speed.db")
    words = SqliteLexicalIndex(store)
    wrote_s = 0.0
    for first in range(0, products, BATCH):
        numbers = range(first, min(first + BATCH, products))
        batch = {f"p{each}": product(each, chance, kept, frequent) for each in numbers}
        started = time.perf_counter()
        await words.write("shop", batch)
        wrote_s += time.perf_counter() - started
    rows: list[dict[str, object]] = [
        {"case": f"writing, {BATCH} at a time", "products/s": round(products / wrote_s)}
    ]
    for name, case in cases(store, seed, repeats, kept, frequent).items():
        await timed(case, 1)
        ours, floor = await timed(case, repeats)
        rows.append(
            {
                "case": name,
                "p50 ms": round(median(ours) * 1e3, 2),
                "p99 ms": round(float(np.quantile(ours, 0.99)) * 1e3, 2),
                "floor p50 ms": round(median(floor) * 1e3, 2),
                "ratio": round(median(ours) / median(floor), 2),
            }
        )
    await store.close()
    return rows


async def quality(work: Path, pairs: Pairs) -> dict[str, float]:
    """Return the mean NDCG@10 of BM25 over titles, and over titles and descriptions."""
    store = SqliteStore(work / "quality.db")
    words = SqliteLexicalIndex(store)
    ids = pairs.ids()
    texts: Mapping[str, list[Facts]] = {
        "titles": [Facts(title=title) for title in pairs.titles],
        "titles and descriptions": [
            Facts(title=title, description=text)
            for title, text in zip(pairs.titles, pairs.descriptions, strict=True)
        ],
    }
    figures = {}
    for name, facts in texts.items():
        catalog = name.replace(" ", "_")
        for first in range(0, len(facts), BATCH):
            await words.write(
                catalog, {str(first + at): each for at, each in enumerate(facts[first : first + BATCH])}
            )
        scores = np.zeros(len(ids))
        for query in range(ids.max() + 1):
            rows = np.flatnonzero(ids == query)
            found = await words.scores(catalog, pairs.queries[rows[0]], [str(row) for row in rows])
            for row, score in found.items():
                scores[int(row)] = score
        ranking = Ranking(np.zeros((len(ids), 1), np.float32), pairs.labels, ids)
        figures[name] = round(float(query_ndcg(ranking, without_ties(ids, scores), CUTOFF).mean()), 4)
    await store.close()
    return figures


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        rows = asyncio.run(speed(Path(work), arguments.products, arguments.seed, arguments.repeats))
        table = Table(title=f"{arguments.products} products, seed {arguments.seed}")
        for column in rows[1]:
            table.add_column(column)
        for row in rows[1:]:
            table.add_row(*(str(value) for value in row.values()))
        Console(width=120).print(rows[0], table)
        figures = {}
        if arguments.data.exists():
            figures = asyncio.run(quality(Path(work), read_pairs(arguments.data)))
            print(f"NDCG@{CUTOFF} on Crowdflower: {figures}")
    reporting.keep({"speed": rows, f"ndcg@{CUTOFF}": figures}, OUT)


if __name__ == "__main__":
    main()
