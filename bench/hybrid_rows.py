"""Every way to fuse words and vectors and to rank, through a running suite, and its time.

The queries are dealt into two halves. What is judged of the products of the default's first page becomes events, these
become a LETOR file, and `train-ranker`'s networks of one half order the results of the other: every figure is of queries
that no network has seen. All rows take turns, query by query in an order drawn anew, so that a machine whose speed drifts
slows all alike.
"""

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import numpy as np

from bench import reporting
from bench.hybrid import ndcg
from bench.judged_networks import Judged, judged_answers, networks
from bench.own_suite import own_suite
from training.evaluation.bootstrap import paired_difference
from triptych.client import Client, TriptychClientError
from triptych.v1 import types_pb2

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


def stored(shop: Client, catalog: str, product_id: str) -> bool:
    """Return whether the catalogue has the product."""
    try:
        shop.get(product_id, catalog=catalog)
    except TriptychClientError as error:
        if error.code is grpc.StatusCode.NOT_FOUND:
            return False
        raise
    return True


def store(shop: Client, catalog: str, batch: Sequence[types_pb2.Product]) -> None:
    """Store *batch*, unless its last product is there already."""
    if not stored(shop, catalog, batch[-1].id):
        refused = [each for each in shop.upsert(batch, catalog=catalog) if each.HasField("error")]
        if refused:
            raise SystemExit(f"{len(refused)} were refused, the first because {refused[0].error.message}")


def ask(
    shop: Client,
    catalog: str,
    judged: Judged,
    queries: Sequence[str],
    seed: int,
    rows: Mapping[str, Measured],
) -> None:
    """Ask *queries* in every way."""
    turns, dice = list(ROWS), random.Random(seed)
    for query in [*queries[:WARM_UPS], *queries]:
        dice.shuffle(turns)
        for name in turns:
            began = time.perf_counter()
            answer = shop.search(text=query, catalog=catalog, page_size=100, timeout_s=60, **ROWS[name])
            rows[name].calls_s.append(time.perf_counter() - began)
            rows[name].ndcg[query] = ndcg([each.product.id for each in answer.results], judged[query])
    for each in rows.values():
        del each.calls_s[-len(queries) - WARM_UPS : -len(queries)]


def measure(
    pack: Path,
    work: Path,
    catalog: str,
    judged: Judged,
    store_all: Callable[[Client], None],
    *,
    seed: int,
    shown: bool,
) -> dict[str, Measured]:
    """Return what every row gets from suites that serve *pack*, with their state in *work*."""
    state = work / "suite"
    # Events of an earlier run would be taken for those of this one.
    for file in (state / "gateway").glob("events.db*"):
        file.unlink()
    with own_suite(pack, state) as address, Client(address) as shop:
        store_all(shop)
        answers = list(judged_answers(shop, catalog, judged))
    queries = [list(judged)[at] for at in np.random.default_rng(seed).permutation(len(judged))]
    rows = {name: Measured() for name in ROWS}
    for number in (0, 1):
        half = queries[number::2]
        folder = work / f"half-{number}"
        learned = networks(pack, folder, answers, frozenset(half), seed=seed, shown=shown)
        with own_suite(learned, state) as address, Client(address) as shop:
            ask(shop, catalog, judged, half, seed, rows)
    return rows


def report(
    rows: Mapping[str, Measured], seed: int, queries: Collection[str] | None = None
) -> list[dict[str, object]]:
    """Return a line per row, with its difference from vectors alone and from the default.

    With *queries* of these alone, without the times.
    """
    figures = {
        name: np.array(
            [each.ndcg[query] for query in sorted(each.ndcg) if queries is None or query in queries]
        )
        for name, each in rows.items()
    }
    lines = []
    for name, each in rows.items():
        line: dict[str, object] = {"row": name, "ndcg@10": round(float(figures[name].mean()), 4)}
        for other in (VECTORS, DEFAULT):
            apart = paired_difference(figures[name], figures[other], seed)
            line[f"minus {other}"] = f"{apart.a - apart.b:+.4f} [{apart.low:+.4f}, {apart.high:+.4f}]"
        if queries is None:
            line |= {
                "p50_ms": round(each.p50_ms, 1),
                "ratio": round(each.p50_ms / rows[VECTORS].p50_ms, 2),
            }
        lines.append(line)
    return lines


def show(tables: Mapping[str, Sequence[Mapping[str, object]]], out: Path) -> None:
    """Print *tables* by their titles and write them to *out*."""
    for title, lines in tables.items():
        reporting.show(lines, title, width=140)
    reporting.keep(tables, out)
