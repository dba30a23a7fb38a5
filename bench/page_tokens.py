"""How large page tokens are, and how long they take: `python -m bench.page_tokens [--seed 7]`.

A token holds what a chain of pages still has to show. Scores are random, since no two products have the same; the query's
vector has 256 dimensions, ids are as long as the demonstration's.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from gateway.adapters.chains import SealedChains
from gateway.core.model.answer import Chain, Result
from gateway.core.model.ranking import RankingPlan
from gateway.core.model.retrieval import Hit, Retrieval
from triptych.vocabulary.choices import RankingStrategy, SimilarityMetric, SpaceKind
from triptych.vocabulary.vectors import Vector

FINGERPRINT = bytes(32)
ROUNDS = 50


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    rng = random.Random(parser.parse_args().seed)
    chains = SealedChains("0123456789abcdef0123456789abcdef", 1800)
    print("| what waits | token, characters | sealing, ms | opening, ms |\n|---|---|---|---|")
    for name, waiting, rich in (
        ("80 products (the first page of 20)", 80, False),
        ("300 products (the first page of 100)", 300, False),
        ("900 products", 900, False),
        ("900 products with groups, words, ranking and two boosts", 900, True),
    ):
        chain = chain_of(rng, waiting, rich=rich)
        token = chains.seal(chain, FINGERPRINT)
        sealing = median_ms(partial(chains.seal, chain, FINGERPRINT))
        opening = median_ms(partial(chains.open, token, FINGERPRINT))
        print(f"| {name} | {len(token):,} | {sealing:.2f} | {opening:.2f} |")


def chain_of(rng: random.Random, waiting: int, *, rich: bool) -> Chain:
    """Return a chain of which *waiting* products are left and 100 were shown."""
    values = np.random.default_rng(rng.randrange(2**32)).normal(size=256).astype(np.float32)
    vector = Vector(values / np.linalg.norm(values), "bench-1/fused")
    retrieval = Retrieval("demo", vector, SpaceKind.FUSED, SimilarityMetric.COSINE, 1000, grouped=rich)
    numbers = rng.sample(range(100_000), waiting + 100)
    results = tuple(result_of(rng, number, rich=rich) for number in numbers[:waiting])
    shown = frozenset(f"p{number:05}" for number in numbers[waiting:])
    plan = RankingPlan(RankingStrategy.LEARNED if rich else None, 1000)
    return Chain(retrieval, plan, results, shown, 100, complete=True, head=bytes(300))


def result_of(rng: random.Random, number: int, *, rich: bool) -> Result:
    """Return a product that waits."""
    similarity = float(np.float32(rng.random()))
    if not rich:
        return Result(Hit(f"p{number:05}", b"", similarity, 0, score=similarity), similarity)
    hit = Hit(
        f"p{number:05}",
        b"",
        similarity,
        0,
        lexical=rng.random() * 9,
        score=rng.random(),
        vector_score=similarity * 0.7,
        group_id=f"g{number // 3}",
        group_others=2,
    )
    return Result(hit, rng.random(), rng.random(), {"popularity": rng.random(), "freshness": rng.random()})


def median_ms(work: Callable[[], object]) -> float:
    """Return how long *work* takes, the median of some rounds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e3


if __name__ == "__main__":
    main()
