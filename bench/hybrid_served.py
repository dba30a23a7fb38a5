"""Words and vectors together on real shop queries, through the running suite: every way to fuse and to rank, and its time.

    python -m bench.hybrid_served [DATA] [--work DIR] [--seed 0] [--shown]

Data, judgements and metric are those of bench.hybrid. A suite of its own serves a pack of text alone, all-MiniLM-L6-v2
(extra `pretrained`), and holds the distinct products, titles and descriptions; SearchProducts is asked for pages of a
hundred. The queries are dealt into two halves. What people said of the products of the default's first page becomes
what `train-ranker`'s networks of one half learn from, and they order the results of the other (bench/hybrid_rows.py). With
--shown the products of that page that nobody judged are trained on too, as wrong ones. Intervals are paired bootstraps over
queries. What DIR holds from an earlier run is not made again; without DIR it is a temporary folder. Writes
bench/out/hybrid_served.json.
"""

import tempfile
from functools import partial
from pathlib import Path

from rich.progress import track

from bench import reporting
from bench.crowdflower import CUTOFF, DATA, Pairs, read_pairs
from bench.hybrid import judgements, products_of
from bench.hybrid_rows import measure, report, show, store
from training.networks.registry import build_encoder
from training.packs.fusion import untrained_fusion
from training.packs.write import write_pack
from triptych.client import Client
from triptych.v1 import types_pb2

OUT = Path(__file__).parent / "out" / "hybrid_served.json"
CATALOG = "crowdflower"
DIMENSION = 384
BATCH = 64
# What the API takes of a description; four are longer.
DESCRIPTION_MAX = 8192


def text_pack(folder: Path) -> None:
    """Write a pack of all-MiniLM-L6-v2 as it is."""
    encoder = build_encoder("text", "pretrained", DIMENSION, {"path": "minilm"})
    write_pack(
        folder,
        name="minilm",
        version="1",
        encoders={"text": encoder},
        fusion=untrained_fusion(DIMENSION),
        licence="Apache-2.0",
        languages=("en",),
        figures={},
        recipe={"imported": {"kind": "transformers", "from": "all-MiniLM-L6-v2"}},
        half=False,
    )


def store_all(pairs: Pairs, shop: Client) -> None:
    """Store the products that are not there yet; texts of like length share a request, so that little is padding."""
    found = sorted(products_of(pairs).items(), key=lambda item: len("".join(item[0])))
    products = [
        types_pb2.Product(id=own, title=title, description=text[:DESCRIPTION_MAX])
        for (title, text), own in found
    ]
    for start in track(range(0, len(products), BATCH), description="storing"):
        store(shop, CATALOG, products[start : start + BATCH])


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--work", type=Path, help="keeps the pack and the catalogue")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shown", action="store_true", help="train on what nobody judged, too, as wrong")
    arguments = parser.parse_args()
    reporting.needs(arguments.data)
    pairs = read_pairs(arguments.data)
    judged = judgements(pairs, products_of(pairs))
    with tempfile.TemporaryDirectory() as folder:
        work = (arguments.work or Path(folder)).resolve()
        pack = work / "pack"
        if not pack.exists():
            text_pack(pack)
        rows = measure(
            pack,
            work,
            CATALOG,
            judged,
            partial(store_all, pairs),
            seed=arguments.seed,
            shown=arguments.shown,
        )
    show({f"NDCG@{CUTOFF}, {len(judged)} queries": report(rows, arguments.seed)}, OUT)


if __name__ == "__main__":
    main()
