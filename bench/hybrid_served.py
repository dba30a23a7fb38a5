"""Words and vectors together on real shop queries, through the running suite: every way to fuse and to rank, and its time.

    python -m bench.hybrid_served [DATA] [--work DIR] [--seed 0] [--shown]

Data, judgements and metric are those of bench.hybrid. A suite of its own serves a pack of text alone, all-MiniLM-L6-v2
(extra `pretrained`), and holds the distinct products, titles and descriptions; SearchProducts is asked for pages of a
hundred. The queries are dealt into two halves. What people said of the products of the default's first page becomes
events, these become a LETOR file, and `train-ranker`'s networks of one half order the results of the other: every figure
is of queries that no network has seen. With --shown the products of that page that nobody judged are trained on too, as
wrong ones. All rows take turns, query by query in an order drawn anew, so that a machine whose speed drifts slows all
alike. Intervals are paired bootstraps over queries. What DIR holds from an earlier run is not made again; without DIR it
is a temporary folder. Writes bench/out/hybrid_served.json.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.crowdflower import CUTOFF, DATA, Pairs, read_pairs
from bench.hybrid import judgements, ndcg, products_of
from bench.judged_networks import Judged, judged_answers, networks
from bench.own_suite import own_suite
from training.evaluation.bootstrap import paired_difference
from training.networks.registry import build_encoder
from training.packs.fusion import untrained_fusion
from training.packs.write import write_pack
from triptych.client import Client, TriptychClientError
from triptych.v1 import types_pb2

OUT = Path(__file__).parent / "out" / "hybrid_served.json"
CATALOG = "crowdflower"
DIMENSION = 384
BATCH = 64
# What the API takes of a description; four are longer.
DESCRIPTION_MAX = 8192
WARM_UPS = 3
VECTORS, DEFAULT = "vectors alone", "default (SCORES, 0.3)"

# By name: what a request says beside its words.
ROWS: Mapping[str, Mapping[str, Any]] = {
    VECTORS: {"lexical_weight": 0.0},
    "words alone": {"lexical_weight": 1.0},
    DEFAULT: {},
    "SCORES, 0.5": {"lexical_weight": 0.5},
    "RANKS, 0.5": {"lexical_weight": 0.5, "hybrid_fusion": types_pb2.HYBRID_FUSION_RANKS},
    "default, SIMILARITY": {"ranking": types_pb2.RANKING_STRATEGY_SIMILARITY},
    "default, DIVERSE": {"ranking": types_pb2.RANKING_STRATEGY_DIVERSE},
    "default, RANKNET": {"ranking": types_pb2.RANKING_STRATEGY_RANKNET},
    "default, LISTNET": {"ranking": types_pb2.RANKING_STRATEGY_LISTNET},
    "default, LEARNED": {"ranking": types_pb2.RANKING_STRATEGY_LEARNED},
}


@dataclass
class Measured:
    """NDCG@10 by query, and the seconds of each call."""

    ndcg: dict[str, float] = field(default_factory=dict)
    calls_s: list[float] = field(default_factory=list)

    @property
    def p50_ms(self) -> float:
        """The median of the calls."""
        return float(np.median(self.calls_s)) * 1e3


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


def store(shop: Client, pairs: Pairs) -> None:
    """Store the products that are not there yet; texts of like length share a request, so that little is padding."""
    found = sorted(products_of(pairs).items(), key=lambda item: len("".join(item[0])))
    products = [
        types_pb2.Product(id=own, title=title, description=text[:DESCRIPTION_MAX])
        for (title, text), own in found
    ]
    for start in track(range(0, len(products), BATCH), description="storing"):
        batch = products[start : start + BATCH]
        if not stored(shop, batch[-1].id):
            refused = [each for each in shop.upsert(batch, catalog=CATALOG) if each.HasField("error")]
            if refused:
                raise SystemExit(f"{len(refused)} were refused, the first because {refused[0].error.message}")


def stored(shop: Client, product_id: str) -> bool:
    """Return whether the catalogue has the product."""
    try:
        shop.get(product_id, catalog=CATALOG)
    except TriptychClientError as error:
        if error.code is grpc.StatusCode.NOT_FOUND:
            return False
        raise
    return True


def ask(
    shop: Client, judged: Judged, queries: Sequence[str], seed: int, rows: Mapping[str, Measured]
) -> None:
    """Ask *queries* in every way."""
    turns, dice = list(ROWS), random.Random(seed)
    for query in [*queries[:WARM_UPS], *queries]:
        dice.shuffle(turns)
        for name in turns:
            began = time.perf_counter()
            answer = shop.search(text=query, catalog=CATALOG, page_size=100, timeout_s=60, **ROWS[name])
            rows[name].calls_s.append(time.perf_counter() - began)
            rows[name].ndcg[query] = ndcg([each.product.id for each in answer.results], judged[query])
    for each in rows.values():
        del each.calls_s[-len(queries) - WARM_UPS : -len(queries)]


def measure(pairs: Pairs, work: Path, seed: int, *, shown: bool) -> dict[str, Measured]:
    """Return what every row gets."""
    pack, state = work / "pack", work / "suite"
    judged = judgements(pairs, products_of(pairs))
    if not pack.exists():
        text_pack(pack)
    # Events of an earlier run would be taken for those of this one.
    for file in (state / "gateway").glob("events.db*"):
        file.unlink()
    with own_suite(pack, state) as address, Client(address) as shop:
        store(shop, pairs)
        answers = list(judged_answers(shop, CATALOG, judged))
    queries = [list(judged)[at] for at in np.random.default_rng(seed).permutation(len(judged))]
    rows = {name: Measured() for name in ROWS}
    for number in (0, 1):
        half = queries[number::2]
        folder = work / f"half-{number}"
        learned = networks(pack, folder, answers, frozenset(half), seed=seed, shown=shown)
        with own_suite(learned, state) as address, Client(address) as shop:
            ask(shop, judged, half, seed, rows)
    return rows


def report(rows: Mapping[str, Measured], seed: int) -> list[dict[str, object]]:
    """Return a line per row, with its difference from vectors alone and from the default."""
    figures = {
        name: np.array([each.ndcg[query] for query in sorted(each.ndcg)]) for name, each in rows.items()
    }
    lines = []
    for name, each in rows.items():
        line: dict[str, object] = {"row": name, "ndcg@10": round(float(figures[name].mean()), 4)}
        for other in (VECTORS, DEFAULT):
            apart = paired_difference(figures[name], figures[other], seed)
            line[f"minus {other}"] = f"{apart.a - apart.b:+.4f} [{apart.low:+.4f}, {apart.high:+.4f}]"
        line |= {"p50_ms": round(each.p50_ms, 1), "ratio": round(each.p50_ms / rows[VECTORS].p50_ms, 2)}
        lines.append(line)
    return lines


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--work", type=Path, help="keeps the pack and the catalogue")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shown", action="store_true", help="train on what nobody judged, too, as wrong")
    arguments = parser.parse_args()
    if not arguments.data.exists():
        raise SystemExit(f"{arguments.data} is not there: the data is not part of this repository")
    pairs = read_pairs(arguments.data)
    with tempfile.TemporaryDirectory() as folder:
        work = (arguments.work or Path(folder)).resolve()
        lines = report(measure(pairs, work, arguments.seed, shown=arguments.shown), arguments.seed)
    table = Table(*lines[0], title=f"NDCG@{CUTOFF}, {len(set(pairs.queries))} queries")
    for line in lines:
        table.add_row(*map(str, line.values()))
    Console(width=140).print(table)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(lines, indent=1) + "\n")


if __name__ == "__main__":
    main()
