"""How long it takes until a new price is found: updates one after another, and a searcher that filters by it.

    python bench/price_updates.py --products 3000 --updates 300 --writers 2

Talks to a running suite (`triptych up`). Fills a catalogue of its own with products of words alone, then sets the price
of one after another by UpdateProduct, and after each acknowledgement searches with a filter on the new price until the
product is found. The time from the acknowledgement to the answer that has it is what a shop waits for. With --writers,
others write batches of prices all the while. Prints milliseconds; nothing is asserted.
"""

import argparse
import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from google.type.money_pb2 import Money

from triptych.client import Client
from triptych.v1.types_pb2 import CONSISTENCY_BOUNDED, CONSISTENCY_STRONG, Consistency, Product

COLOURS = ("red", "blue", "green", "black", "white", "yellow")
THINGS = ("mug", "chair", "lamp", "vase", "shirt", "table", "clock", "plate")
BATCH = 100
GIVES_UP_S = 30.0
# Prices of the load; those that are looked for lie above.
LOAD_PRICE_MAX = 1_000


def main() -> None:
    """Run as the usage at the head says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="localhost:7100")
    parser.add_argument("--catalog", default="bench_prices")
    parser.add_argument("--products", type=int, default=3000)
    parser.add_argument("--updates", type=int, default=300)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with Client(options.address) as client:
        fill(client, options.catalog, options.products)
        price = LOAD_PRICE_MAX
        for writers in dict.fromkeys((0, options.writers)):
            for level in (CONSISTENCY_BOUNDED, CONSISTENCY_STRONG):
                with load(options, writers) as written:
                    times = [update(client, options, price + n + 1, level) for n in range(options.updates)]
                price += options.updates
                report(f"{Consistency.Name(level)}, {writers} writers, {written()} prices of theirs", times)


def fill(client: Client, catalog: str, count: int) -> None:
    """Store products of words alone."""
    names = [f"{colour} {thing}" for colour in COLOURS for thing in THINGS]
    for start in range(0, count, BATCH):
        products = [
            Product(id=f"p{n}", title=names[n % len(names)], price=euros(n % LOAD_PRICE_MAX))
            for n in range(start, min(start + BATCH, count))
        ]
        assert not any(each.HasField("error") for each in client.upsert(products, catalog=catalog))


def update(
    client: Client, options: argparse.Namespace, price: int, level: "Consistency.ValueType"
) -> tuple[float, float, float]:
    """Set a price; return ms until it was acknowledged, until it was found after that, and of the search that found it."""
    product_id = f"p{price * 7919 % options.products}"
    began = time.perf_counter()
    client.update(Product(id=product_id, price=euros(price)), catalog=options.catalog)
    written = time.perf_counter()
    while True:
        asked = time.perf_counter()
        found = client.search(
            text="red mug", filter=f"price = {price}", catalog=options.catalog, consistency=level
        )
        now = time.perf_counter()
        if [each.product.id for each in found.results] == [product_id]:
            return (written - began) * 1e3, (now - written) * 1e3, (now - asked) * 1e3
        if now - written > GIVES_UP_S:
            raise TimeoutError(f"the price {price} of {product_id} was not found in {GIVES_UP_S} s")


@contextlib.contextmanager
def load(options: argparse.Namespace, writers: int) -> Iterator[Callable[[], int]]:
    """Write batches of prices from so many threads; yield how many were written."""
    ended = threading.Event()
    counts = [0] * writers

    def write(place: int) -> None:
        chosen = random.Random(options.seed + place)
        with Client(options.address) as client:
            while not ended.is_set():
                ids = chosen.sample(range(options.products), BATCH)
                changes = [Product(id=f"p{n}", popularity=chosen.randrange(LOAD_PRICE_MAX)) for n in ids]
                results = client.update_all(changes, catalog=options.catalog)
                counts[place] += sum(not each.HasField("error") for each in results)

    threads = [threading.Thread(target=write, args=(place,)) for place in range(writers)]
    for each in threads:
        each.start()
    try:
        yield lambda: sum(counts)
    finally:
        ended.set()
        for each in threads:
            each.join()


def report(name: str, times: Sequence[tuple[float, float, float]]) -> None:
    """Print percentiles in milliseconds."""
    print(name)
    for what, values in zip(
        ("acknowledged", "found after that", "the search"), zip(*times, strict=True), strict=True
    ):
        p50, p99 = np.percentile(values, [50, 99])
        print(f"  {what:18} p50 {p50:7.0f} ms  p99 {p99:7.0f} ms  max {max(values):7.0f} ms")


def euros(units: int) -> Money:
    """Return a price."""
    return Money(currency_code="EUR", units=units)


if __name__ == "__main__":
    main()
