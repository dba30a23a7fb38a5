"""Words and vectors together on fashion, titles and photos, through the running suite: every way to fuse and to rank.

    python -m bench.hybrid_fashion [DATA] [--pack var/fashion/fashion] [--work DIR] [--seed 0] [--train]

DATA is the folder `fashion_product_images`, the pack that of `python -m bench.fashion`, trained on the train split; neither
is part of this repository. A suite of its own holds the products of dev, with --train those of train too: title and photo
and nothing else, so that no label is known but what a title says or a photo shows. bench/fashion_queries.py has the queries,
made from the labels of dev, and how products are graded: NDCG@10 with gains 2^grade - 1, all products judged. The rows, and
what the ranking networks learn from, are those of bench/hybrid_rows.py; as everything is judged, what was shown and does not
fit is learned from too. Intervals are paired bootstraps over queries. What DIR holds from an earlier run is not made again;
without DIR it is a temporary folder. Writes bench/out/hybrid_fashion.json.
"""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.progress import track

from bench import reporting
from bench.crowdflower import CUTOFF
from bench.fashion_data import copy_fashion
from bench.fashion_queries import KINDS, grades, labelled, wishes
from bench.hybrid_rows import measure, report, show, store
from training.data.dataset import Record
from triptych.client import Client, media
from triptych.v1 import types_pb2

DATA = Path("../shared/data/fashion_product_images")
OUT = Path(__file__).parent / "out" / "hybrid_fashion.json"
CATALOG = "fashion"
BATCH = 20


def store_all(records: Sequence[Record], shop: Client) -> None:
    """Store title and photo of the products that are not there yet."""
    products = [
        types_pb2.Product(id=each.id, title=each.text or "", images=[media(each.image)])
        for each in records
        if each.image is not None
    ]
    for start in track(range(0, len(products), BATCH), description="storing"):
        store(shop, CATALOG, products[start : start + BATCH])


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--pack", type=Path, default=Path("var/fashion/fashion"))
    parser.add_argument("--work", type=Path, help="keeps the catalogue")
    parser.add_argument("--seed", type=int, default=0, help="of the queries, their order and the networks")
    parser.add_argument("--train", action="store_true", help="among the products of train, too")
    arguments = parser.parse_args()
    for needed in (arguments.data / "styles.csv", arguments.pack / "pack.json"):
        reporting.needs(needed)
    with tempfile.TemporaryDirectory() as folder:
        work = (arguments.work or Path(folder)).resolve()
        data = copy_fashion(arguments.data, work / "data")
        records = data.all if arguments.train else data.dev
        known = labelled(arguments.data)
        asked = wishes([known[each.id] for each in data.dev], arguments.seed)
        products = [known[each.id] for each in records]
        rows = measure(
            arguments.pack,
            work,
            CATALOG,
            {wish.text: grades(wish, products) for wish in asked},
            partial(store_all, records),
            seed=arguments.seed,
            shown=True,
        )
    tables = {f"NDCG@{CUTOFF}, {len(asked)} queries, {len(products)} products": report(rows, arguments.seed)}
    for kind in KINDS:
        texts = {wish.text for wish in asked if wish.kind == kind}
        tables[f"{kind}: {len(texts)} queries"] = report(rows, arguments.seed, texts)
    show(tables, OUT)


if __name__ == "__main__":
    main()
