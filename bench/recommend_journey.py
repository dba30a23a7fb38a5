"""Households' purchases, weeks held out: RecommendProducts beside popularity, own frequencies, and a blend of the two.

    python -m bench.recommend_journey [DATA] [--train 30] [--test 10] [--households N] [--address HOST:PORT] [--seed 0]

DATA is the folder `complete_journey` (84.51°, 2,328 households, weeks 1 to 40); it is not part of this repository. All
rows know the purchases of the first TRAIN weeks and are judged on the TEST weeks after them:

    hit@10   the share of households, of those that bought in both, for whom at least one of ten recommended products is
             bought in the test weeks

A product's popularity is its number of purchases in the training weeks. The blend is popularity as a share of the
greatest, plus 0.3 for each purchase of the household's own: of 0.1, 0.2, 0.3, 0.4, 0.5 and 0.8 the best on TRAIN = 20.
RecommendProducts is asked through a suite of its own (or the one at ADDRESS) with all defaults but include_bought; the
products' vectors are the demonstration pack's, made from their type, category and size. Purchases of products that the
product table lacks are left out. Intervals are paired bootstraps over households. Writes
bench/out/recommend_journey.json.
"""

import argparse
import asyncio
import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import grpc
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench import reporting
from bench.own_suite import own_suite
from training.evaluation.bootstrap import paired_difference
from triptych.client import OPTIONS
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import product_search_service_pb2_grpc as pb_grpc
from triptych.v1 import types_pb2

DATA = Path("../shared/data/complete_journey")
PACK = Path("triton/model_repository")
OUT = Path(__file__).parent / "out" / "recommend_journey.json"
CATALOG = "journey"
CUTOFF = 10
OWN_WEIGHT = 0.3
BATCH = 100
IN_FLIGHT = 4
TIMEOUT_S = 60


@dataclass(frozen=True)
class Purchase:
    """A household bought a product."""

    household: str
    product: str
    week: int
    time: datetime


@dataclass(frozen=True)
class Split:
    """Purchases to learn from, and the products bought afterwards, by household; the time that parts them."""

    known: Mapping[str, Sequence[Purchase]]
    bought: Mapping[str, frozenset[str]]
    as_of: datetime

    @property
    def popularity(self) -> Counter[str]:
        """The number of purchases of each product in the training weeks."""
        return Counter(each.product for own in self.known.values() for each in own)


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a packed table."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def purchases(path: Path, products: frozenset[str]) -> list[Purchase]:
    """Return the purchases of *products*."""
    return [
        Purchase(
            row["household_id"],
            row["product_id"],
            int(row["week"]),
            datetime.fromisoformat(row["transaction_timestamp"]).replace(tzinfo=UTC),
        )
        for row in rows_of(path)
        if row["product_id"] in products
    ]


def split(bought: Sequence[Purchase], train: int, test: int) -> Split:
    """Return the first *train* weeks, and what the households in them bought in the *test* weeks that follow."""
    known: dict[str, list[Purchase]] = {}
    after: dict[str, set[str]] = {}
    for each in bought:
        if each.week <= train:
            known.setdefault(each.household, []).append(each)
        elif each.week <= train + test:
            after.setdefault(each.household, set()).add(each.product)
    both = sorted(known.keys() & after.keys())
    as_of = max(each.time for own in known.values() for each in own)
    return Split(known, {household: frozenset(after[household]) for household in both}, as_of)


def best(scores: Mapping[str, float]) -> list[str]:
    """Return the ten products of the largest scores, equals by id."""
    return sorted(scores, key=lambda each: (-scores[each], each))[:CUTOFF]


def baselines(data: Split) -> dict[str, Callable[[str], list[str]]]:
    """Return what is recommended to a household without any model."""
    popularity = data.popularity
    most = max(popularity.values())
    # No product of a household that it never bought can come before these.
    top = {product: count / most for product, count in popularity.most_common(10 * CUTOFF)}

    def own(household: str) -> Counter[str]:
        return Counter(each.product for each in data.known[household])

    def blend(household: str) -> list[str]:
        mine = {
            product: OWN_WEIGHT * count + popularity[product] / most
            for product, count in own(household).items()
        }
        return best({**top, **mine})

    return {
        "popularity": lambda _: best(top),
        "own frequencies": lambda household: best(own(household)),
        "blend of the two": blend,
    }


def product_of(row: Mapping[str, str], popularity: Mapping[str, int]) -> types_pb2.Product:
    """Return a product of the table; its texts are short and in capitals."""
    words = [row["product_category"], row["department"], row["package_size"]]
    product_id = row["product_id"]
    return types_pb2.Product(
        id=product_id,
        title=row["product_type"].lower() or "product",
        description=", ".join(word.lower() for word in words if word),
        brand=row["brand"],
        category=row["department"],
        popularity=popularity.get(product_id, 0),
    )


def event_of(purchase: Purchase) -> pb.CustomerEvent:
    """Return a purchase as an event."""
    event = pb.CustomerEvent(product_id=purchase.product, type=types_pb2.EVENT_TYPE_BOUGHT)
    event.time.FromDatetime(purchase.time)
    return event


def request_of(known: Sequence[Purchase], as_of: datetime) -> pb.RecommendProductsRequest:
    """Return what is asked for a household."""
    request = pb.RecommendProductsRequest(
        catalog=CATALOG, events=[event_of(each) for each in known], page_size=CUTOFF, include_bought=True
    )
    request.as_of.FromDatetime(as_of)
    return request


async def store(stub: "catalog_grpc.CatalogServiceAsyncStub", products: Sequence[types_pb2.Product]) -> None:
    """Store *products*; every one must be."""
    for start in track(range(0, len(products), BATCH), description="storing", transient=True):
        request = catalog_pb.UpsertProductsRequest(catalog=CATALOG, products=products[start : start + BATCH])
        response = await stub.UpsertProducts(request, timeout=TIMEOUT_S)
        if refused := [result for result in response.results if result.HasField("error")]:
            raise SystemExit(
                f"{len(refused)} products were refused, the first because {refused[0].error.message}"
            )


async def recommended(
    address: str, data: Split, households: Sequence[str], products: Sequence[types_pb2.Product]
) -> dict[str, list[str]]:
    """Return what the suite at *address* recommends to each household."""
    gate = asyncio.Semaphore(IN_FLIGHT)
    async with grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
        await store(catalog_grpc.CatalogServiceStub(channel), products)
        stub: pb_grpc.ProductSearchServiceAsyncStub = pb_grpc.ProductSearchServiceStub(channel)

        async def ask(household: str) -> list[str]:
            async with gate:
                request = request_of(data.known[household], data.as_of)
                response = await stub.RecommendProducts(request, timeout=TIMEOUT_S)
            return [each.product.id for each in response.results]

        return dict(zip(households, await asyncio.gather(*map(ask, households)), strict=True))


@contextmanager
def suite_at(address: str) -> Iterator[str]:
    """Yield the address of the suite that is asked: the one named, or one of its own while the block runs."""
    if address:
        yield address
        return
    with own_suite(PACK.resolve(), Path("var/recommend_journey").resolve()) as own:
        yield own


def measure(
    data: Split, table: Sequence[Mapping[str, str]], arguments: argparse.Namespace
) -> dict[str, NDArray[np.float64]]:
    """Return for each way to recommend whether each household was served."""
    households = list(data.bought)
    if arguments.households:
        order = np.random.default_rng(arguments.seed).permutation(len(households))
        households = [households[at] for at in order[: arguments.households]]
    popularity = data.popularity
    lists = {name: {each: ten(each) for each in households} for name, ten in baselines(data).items()}
    with suite_at(arguments.address) as address:
        products = [product_of(row, popularity) for row in table]
        lists["RecommendProducts"] = asyncio.run(recommended(address, data, households, products))
    return {
        name: np.array([bool(data.bought[each] & set(ten[each])) for each in households], np.float64)
        for name, ten in lists.items()
    }


def report(hits: Mapping[str, NDArray[np.float64]], seed: int) -> list[dict[str, object]]:
    """Return a row per way to recommend, with its difference from the blend."""
    rows: list[dict[str, object]] = []
    for name, served in hits.items():
        difference = paired_difference(served, hits["blend of the two"], seed)
        rows.append(
            {
                "way": name,
                "hit@10": round(float(served.mean()), 4),
                "minus the blend": f"{difference.a - difference.b:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]",
            }
        )
    return rows


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--train", type=int, default=30, help="weeks to learn from")
    parser.add_argument("--test", type=int, default=10, help="weeks to be judged on")
    parser.add_argument("--households", type=int, default=0, help="a sample of so many; 0: all")
    parser.add_argument("--address", default="", help="a suite that runs; default: one of its own")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    reporting.needs(arguments.data)
    table = list(rows_of(arguments.data / "products.csv.gz"))
    bought = purchases(
        arguments.data / "transactions_weeks01-40.csv.gz", frozenset(row["product_id"] for row in table)
    )
    hits = measure(split(bought, arguments.train, arguments.test), table, arguments)
    rows = report(hits, arguments.seed)
    shown = Table(*rows[0], title=f"{len(hits['popularity'])} households, trained to week {arguments.train}")
    for row in rows:
        shown.add_row(*map(str, row.values()))
    Console().print(shown)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(
        json.dumps({**vars(arguments), "data": str(arguments.data), "rows": rows}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
