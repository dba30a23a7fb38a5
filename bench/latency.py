"""How fast the running suite answers, beside the floor measured in the same run.

    export TRIPTYCH_ENCODER_REMEMBERED_BYTES_MAX=0 TRIPTYCH_GATEWAY_SEARCHES_AT_ONCE_MIN=64
    triptych demo    # or anything else that fills the catalogue `demo`
    python -m bench.latency [--address HOST:PORT] [--triton HOST:PORT] [--milvus URI] [--catalog demo] [--seconds 6]

The *floor* is what a search cannot do without: the same Triton inference and the same Milvus search, called directly from
one process, one after the other, by as many clients. For a photo the floor is given the decoded and resized picture. A text
is asked for by words and vectors, as is the default, and by vectors alone; the floor of both is that of vectors alone.
Suite and floor take turns of a second each, so that a machine whose speed drifts slows both. Every query is asked for
the first time in a turn; nothing is cached on either side: the encoder must have been started without its memory, since
queries come again in later turns, and the gateway with room for 32 clients, who are refused else; `make bench` does both
where no suite is running yet.

Prints a table and writes bench/out/bench.json: a list of
{"case", "clients", "p50_ms", "p99_ms", "rps", "floor_p50_ms", "ratio"}, ratio = p50_ms / floor_p50_ms.
"""

import argparse
import io
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import tritonclient.grpc as triton
from PIL import Image
from pymilvus import MilvusClient
from rich.console import Console
from rich.table import Table

from bench import reporting
from training.demo.items import items
from training.demo.queries import queries
from training.demo.render import render
from triptych.runtime.triton import input_tensor
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import product_search_service_pb2_grpc as pb_grpc
from triptych.v1 import types_pb2

CLIENTS = (1, 8, 32)
QUERIES = 64
PHOTO_PIXELS = 480
PAGE_SIZE = 10
TURN_S = 1.0
WARM_UP_CALLS = 20
# What the search room asks of Milvus: see services/search/settings.py and adapters/milvus/index.py.
SEARCH_PARAMS = {"metric_type": "COSINE", "params": {"ef": 128}}
OUTPUT_FIELDS = ["product_id", "view", "product"]
OUT = Path(__file__).parent / "out" / "bench.json"

Call = Callable[[int], None]


@dataclass
class Timings:
    """What some clients measured: seconds per call, and how long they were at it."""

    calls_s: list[float] = field(default_factory=list)
    wall_s: float = 0.0

    def percentile_ms(self, share: float) -> float:
        """Return the time that *share* percent of the calls stay below."""
        return float(np.percentile(self.calls_s, share)) * 1e3


@dataclass(frozen=True)
class Case:
    """A kind of query: asked of the suite, and its floor."""

    name: str
    suite: Call
    floor: Call


def text_case(
    arguments: argparse.Namespace,
    stub: pb_grpc.ProductSearchServiceStub,
    milvus: MilvusClient,
    *,
    words_count: bool = True,
) -> Case:
    """Return the search for a text, by words and vectors or by vectors alone."""
    texts = [query.text for query in queries("dev", "text_en", QUERIES)]
    parts = [pb.QueryPart(text=text) for text in texts]
    inputs = [input_tensor("TEXT", np.array([[text.encode()]], dtype=object)) for text in texts]
    floor = direct(arguments, milvus, "text_encoder", inputs)
    if words_count:
        return Case("text", through_suite(arguments, stub, parts), floor)
    return Case("text, vectors alone", through_suite(arguments, stub, parts, lexical_weight=0.0), floor)


def photo_case(
    arguments: argparse.Namespace, stub: pb_grpc.ProductSearchServiceStub, milvus: MilvusClient
) -> Case:
    """Return the search by a JPEG of 480 × 480 pixels."""
    by_id = {item.id: item for item in items()}
    model = triton.InferenceServerClient(arguments.triton).get_model_config("image_encoder").config
    height, width, _ = model.input[0].dims
    parts, inputs = [], []
    for query in queries("dev", "photo", QUERIES):
        picture = render(by_id[query.photo_of], query.photo_view, PHOTO_PIXELS)
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=88)
        parts.append(pb.QueryPart(image=types_pb2.Media(data=file.getvalue())))
        resized = picture.resize((width, height), Image.Resampling.BILINEAR)
        inputs.append(input_tensor("IMAGE", np.asarray(resized)[None]))
    floor = direct(arguments, milvus, "image_encoder", inputs)
    return Case("photo", through_suite(arguments, stub, parts), floor)


def through_suite(
    arguments: argparse.Namespace,
    stub: pb_grpc.ProductSearchServiceStub,
    parts: Sequence[pb.QueryPart],
    **choice: Any,
) -> Call:
    """Return a call that searches for the part of that number."""
    requests = [
        pb.SearchProductsRequest(catalog=arguments.catalog, parts=[part], page_size=PAGE_SIZE, **choice)
        for part in parts
    ]

    def call(number: int) -> None:
        response = stub.SearchProducts(requests[number], timeout=60)
        assert len(response.results) == PAGE_SIZE

    return call


def direct(arguments: argparse.Namespace, milvus: MilvusClient, model: str, inputs: Sequence[Any]) -> Call:
    """Return a call that encodes the input of that number and searches with the vector."""
    client = triton.InferenceServerClient(arguments.triton)

    def call(number: int) -> None:
        vector = client.infer(model, [inputs[number]]).as_numpy("VECTOR")
        found = milvus.search(
            f"{arguments.catalog}__fused",
            vector,
            limit=PAGE_SIZE,
            search_params=SEARCH_PARAMS,
            output_fields=OUTPUT_FIELDS,
            consistency_level="Bounded",
        )
        assert len(found[0]) == PAGE_SIZE

    return call


def turn(call: Call, clients: int, seconds: float, timings: Timings) -> None:
    """Let *clients* call, each one call after the other, for some *seconds*."""
    numbers = cycle(range(QUERIES))
    lock = threading.Lock()
    started = time.perf_counter()

    def client() -> list[float]:
        measured = []
        while time.perf_counter() - started < seconds:
            with lock:
                number = next(numbers)
            before = time.perf_counter()
            call(number)
            measured.append(time.perf_counter() - before)
        return measured

    with ThreadPoolExecutor(clients) as pool:
        for future in [pool.submit(client) for _ in range(clients)]:
            timings.calls_s.extend(future.result())
    timings.wall_s += time.perf_counter() - started


def measure(case: Case, clients: int, seconds: float) -> dict[str, object]:
    """Let suite and floor take turns; return their figures."""
    suite, floor = Timings(), Timings()
    for number in range(WARM_UP_CALLS):
        case.suite(number % QUERIES)
        case.floor(number % QUERIES)
    for _ in range(max(1, round(seconds / TURN_S))):
        turn(case.suite, clients, TURN_S, suite)
        turn(case.floor, clients, TURN_S, floor)
    return {
        "case": case.name,
        "clients": clients,
        "p50_ms": round(suite.percentile_ms(50), 3),
        "p99_ms": round(suite.percentile_ms(99), 3),
        "rps": round(len(suite.calls_s) / suite.wall_s, 1),
        "floor_p50_ms": round(floor.percentile_ms(50), 3),
        "ratio": round(suite.percentile_ms(50) / floor.percentile_ms(50), 3),
    }


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--address", default="127.0.0.1:7100")
    parser.add_argument("--triton", default="127.0.0.1:7001")
    parser.add_argument("--milvus", default="http://127.0.0.1:7530")
    parser.add_argument("--catalog", default="demo")
    parser.add_argument("--seconds", type=float, default=6.0, help="per case, number of clients and side")
    arguments = parser.parse_args()
    milvus = MilvusClient(arguments.milvus)
    rows = []
    with grpc.insecure_channel(arguments.address) as channel:
        stub = pb_grpc.ProductSearchServiceStub(channel)
        for make in (text_case, partial(text_case, words_count=False), photo_case):
            case = make(arguments, stub, milvus)
            rows += [measure(case, clients, arguments.seconds) for clients in CLIENTS]
    table = Table(title="End to end, beside the floor")
    for name in rows[0]:
        table.add_column(name, justify="left" if name == "case" else "right")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)
    reporting.keep(rows, OUT)


if __name__ == "__main__":
    main()
