"""What each feature of a search costs beside the plain one, on the running suite.

    TRIPTYCH_ENCODER_REMEMBERED_BYTES_MAX=0 triptych demo    # or anything else that fills the catalogue `demo`
    python -m bench.features [--address HOST:PORT] [--catalog demo] [--seconds 6] [--clients 1] [--only explain]

Queries are words, and a photo with words that change it; a feature is what it adds to their requests, see FEATURES. All
take turns of half a second, so that a machine whose speed drifts slows all alike; the order of the turns is drawn anew
each round (seed 0). Every request of the first round is a warm-up and does not count. As for bench.latency, the encoder must
have been started without its memory, since queries come again.

Prints a table and writes bench/out/features.json: a list of
{"query", "feature", "clients", "calls", "p50_ms", "p99_ms", "ratio", "added_ms"}, ratio = p50_ms / that of plain.
"""

import io
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import grpc
from rich.console import Console
from rich.table import Table

from bench import reporting
from bench.latency import PAGE_SIZE, PHOTO_PIXELS, QUERIES, Timings, turn
from training.demo.items import items
from training.demo.queries import Query, queries
from training.demo.render import render
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import product_search_service_pb2_grpc as pb_grpc
from triptych.v1 import types_pb2

TURN_S = 0.5
SEED = 0
TIMEOUT_S = 60.0
OUT = Path(__file__).parent / "out" / "features.json"
PLAIN = "plain"

Stub = pb_grpc.ProductSearchServiceStub
Call = Callable[[int], None]
Asked = pb.SearchProductsRequest

FACETS = [
    pb.FacetSpec(field="brand"),
    pb.FacetSpec(field="category"),
    pb.FacetSpec(field="attributes.colour"),
    pb.FacetSpec(field="price", bounds=[10, 25, 50, 100]),
]
POPULAR = pb.Boost(name="popular", weight=0.1, popularity=pb.Boost.Popularity(half=100))

# By name: the fields that a feature sets. A new feature is a line here.
FEATURES: Mapping[str, Mapping[str, Any]] = {
    PLAIN: {},
    "filter": {"filter": "price < 50 AND in_stock = true"},
    "narrow filter": {"filter": 'attributes.colour = "red" AND price < 20'},
    "facets": {"facets": FACETS},
    "filter, facets": {"filter": "price < 50 AND in_stock = true", "facets": FACETS},
    "group": {"group_by": "group_id"},
    "words alone": {"lexical_weight": 1},
    "hybrid, scores": {"lexical_weight": 0.3},
    "hybrid, ranks": {"lexical_weight": 0.3, "hybrid_fusion": types_pb2.HYBRID_FUSION_RANKS},
    "vectors alone": {"lexical_weight": 0},
    "order by": {"order_by": "price"},
    "boosts": {"boosts": [POPULAR]},
    "diverse": {"ranking": types_pb2.RANKING_STRATEGY_DIVERSE},
    "learned ranking": {"ranking": types_pb2.RANKING_STRATEGY_LEARNED},
    "rescoring, cosine": {"rescoring": types_pb2.SIMILARITY_METRIC_COSINE},
    "rescoring, Mahalanobis": {"rescoring": types_pb2.SIMILARITY_METRIC_MAHALANOBIS},
    "spelling off": {"spelling": Asked.SPELLING_OFF},
    "page of 100": {"page_size": 100},
    "explain, contributions": {"explain": Asked.EXPLAIN_LEVEL_CONTRIBUTIONS},
    "explain, full": {"explain": Asked.EXPLAIN_LEVEL_FULL},
}
# The page after the first is not asked for by a field alone.
NEXT_PAGE = "next page"


def words(query: Query) -> list[pb.QueryPart]:
    """Return a query of words."""
    return [pb.QueryPart(text=query.text)]


def photo_and_words(query: Query) -> list[pb.QueryPart]:
    """Return a query of a photo and of words that change what it shows."""
    by_id = {item.id: item for item in items()}
    file = io.BytesIO()
    render(by_id[query.photo_of], query.photo_view, PHOTO_PIXELS).save(file, "JPEG", quality=88)
    return [pb.QueryPart(image=types_pb2.Media(data=file.getvalue())), pb.QueryPart(text=query.text)]


# By name: the kind of sample query, and what is made of it.
CASES: Mapping[str, tuple[str, Callable[[Query], list[pb.QueryPart]]]] = {
    "words": ("text_en", words),
    "photo + words": ("composed", photo_and_words),
}


def calls(stub: Stub, catalog: str, parts: Sequence[Sequence[pb.QueryPart]], only: str) -> dict[str, Call]:
    """Return by feature a call that searches for the query of that number."""

    def asking(changes: Mapping[str, Any]) -> Call:
        requests = [
            Asked(catalog=catalog, parts=some, **{"page_size": PAGE_SIZE, **changes}) for some in parts
        ]
        return lambda number: ask(stub, requests[number])

    plain = [Asked(catalog=catalog, parts=some, page_size=PAGE_SIZE) for some in parts]
    made = {name: asking(changes) for name, changes in FEATURES.items()}
    made[NEXT_PAGE] = following(stub, plain)
    return {name: call for name, call in made.items() if name == PLAIN or only in name}


def ask(stub: Stub, request: Asked) -> None:
    """Search, and see that there is an answer."""
    answer = stub.SearchProducts(request, timeout=TIMEOUT_S)
    assert answer.results or request.filter, "nothing found"


def following(stub: Stub, requests: Sequence[Asked]) -> Call:
    """Return a call that asks for the second page of the request of that number; the first is asked for once."""
    tokens: dict[int, str] = {}

    def call(number: int) -> None:
        request = Asked()
        request.CopyFrom(requests[number])
        request.page_token = tokens[number]
        ask(stub, request)

    for number, request in enumerate(requests):
        tokens[number] = stub.SearchProducts(request, timeout=TIMEOUT_S).next_page_token
    return call


def measure(features: Mapping[str, Call], clients: int, seconds: float) -> dict[str, Timings]:
    """Let all *features* take turns; return what was measured of each."""
    order, random_ = list(features), random.Random(SEED)
    for name in order:
        turn(features[name], clients, TURN_S, Timings())
    timings = {name: Timings() for name in order}
    for _ in range(max(1, round(seconds / TURN_S))):
        random_.shuffle(order)
        for name in order:
            turn(features[name], clients, TURN_S, timings[name])
    return timings


def rows(query: str, clients: int, timings: Mapping[str, Timings]) -> list[dict[str, object]]:
    """Return the figures of each feature beside the plain search."""
    plain = timings[PLAIN].percentile_ms(50)
    return [
        {
            "query": query,
            "feature": name,
            "clients": clients,
            "calls": len(measured.calls_s),
            "p50_ms": round(measured.percentile_ms(50), 2),
            "p99_ms": round(measured.percentile_ms(99), 2),
            "ratio": round(measured.percentile_ms(50) / plain, 2),
            "added_ms": round(measured.percentile_ms(50) - plain, 2),
        }
        for name, measured in timings.items()
    ]


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--address", default="127.0.0.1:7100")
    parser.add_argument("--catalog", default="demo")
    parser.add_argument("--seconds", type=float, default=6.0, help="per query and feature")
    parser.add_argument("--clients", type=int, default=1, help="that call at once")
    parser.add_argument("--only", default="", help="features whose name has this, and the plain search")
    arguments = parser.parse_args()
    measured: list[dict[str, object]] = []
    with grpc.insecure_channel(arguments.address) as channel:
        stub = pb_grpc.ProductSearchServiceStub(channel)
        for case, (kind, make) in CASES.items():
            parts = [make(query) for query in queries("dev", kind, QUERIES)]
            features = calls(stub, arguments.catalog, parts, arguments.only)
            measured += rows(case, arguments.clients, measure(features, arguments.clients, arguments.seconds))
    table = Table(title="Features, beside the plain search")
    for name in measured[0]:
        is_word = name in {"query", "feature"}
        table.add_column(name, justify="left" if is_word else "right", no_wrap=is_word)
    for row in measured:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)
    reporting.keep(measured, OUT)


if __name__ == "__main__":
    main()
