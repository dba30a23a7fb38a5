"""How well relevance is calibrated on real shop queries with people's judgements, by the search room's own pieces.

    python -m bench.relevance_crowdflower [DATA] [--weight 0.3] [--seed 0] [--work var/crowdflower]

The catalogue is that of bench.hybrid. Of the hundred products that are found for each query those that people judged for
it are kept; relevant is 4 (or 3 and more) of 4. Curves are fitted as `triptych calibrate` does, each query held out once.
Writes bench/out/relevance_crowdflower.json.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

from bench import reporting
from bench.crowdflower import DATA, Pairs, read_pairs
from bench.hybrid import CATALOG, SPACE, Shop, opened
from services.search.core.query import SearchQuery
from training.calibration.fit import FORMS, fit_curve
from training.calibration.gather import DEPTH
from training.calibration.rows import JudgedQuery, judged_query
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.vectors import Vector

OUT = Path(__file__).parent / "out" / "relevance_crowdflower.json"
LEAST = (4, 3)


async def found(shop: Shop, query: str, labels: Mapping[str, int], least: int, weight: float) -> JudgedQuery:
    """Return the judged ones of what is found for *query*; relevant is a label of *least* or more."""
    answer = await shop.searcher.search(
        SearchQuery(
            CATALOG,
            SpaceKind.FUSED,
            SimilarityMetric.COSINE,
            DEPTH,
            vector=Vector(shop.queries[query], SPACE.id),
            texts=((query, 1.0),),
            lexical_weight=weight,
        )
    )
    best = max((hit.similarity for hit in answer.hits if hit.similarity is not None), default=0.0)
    rows = [
        ({"cosine": hit.similarity or 0.0, "lexical": hit.lexical or 0.0}, labels[hit.id] >= least)
        for hit in answer.hits
        if hit.id in labels
    ]
    return judged_query("text", rows, best)


async def measure(pairs: Pairs, work: Path, weight: float, seed: int) -> list[dict[str, object]]:
    """Return a row for each reading of the labels and each form of curve."""
    rows = []
    async with AsyncExitStack() as stack:
        shop = await opened(pairs, work, stack)
        for least in LEAST:
            queries = [
                await found(shop, query, labels, least, weight) for query, labels in shop.judged.items()
            ]
            for form in FORMS:
                curve = fit_curve(queries, seed, forms=(form,))
                share = sum(query.relevant.sum() for query in queries) / curve.judgements
                rows.append(
                    {"relevant": f"{least} and more", "share": round(float(share), 4), "over": ", ".join(form), **asdict(curve)}
                )  # fmt: skip
    return rows


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--weight", type=float, default=0.3, help="of words beside vectors")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path("var/crowdflower"), help="keeps the vectors")
    arguments = parser.parse_args()
    reporting.needs(arguments.data)
    rows = asyncio.run(measure(read_pairs(arguments.data), arguments.work, arguments.weight, arguments.seed))
    reporting.show(rows, width=170)
    reporting.keep(rows, OUT)


if __name__ == "__main__":
    main()
