"""How well the running suite finds, on the test part of the demonstration catalogue.

    triptych demo                  # or anything else that puts the demonstration catalogue into `demo`
    python -m bench.quality [--address 127.0.0.1:7100] [--split test] [--count 300] [--catalog demo] [--audio-mode sound]

Prints precision at min(10, number of right products) per kind of query, mixes under each of the four fusions, and writes
bench/out/quality.json. Right is a product of the same category with every attribute that the query names; all products
of the catalogue are searched. Texts are searched by words and vectors, which is the default, and by vectors alone; voices by
their sound unless --audio-mode says otherwise. Combinations of the test part never occur in training.
"""

import argparse
import asyncio
import io
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import soundfile
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench import reporting
from training.demo.items import Item, items
from training.demo.queries import Query, queries, right
from training.demo.render import render
from training.demo.voices import SAMPLE_RATE_HZ, VOICES_BY_NAME, speak
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import product_search_service_pb2_grpc as pb_grpc
from triptych.v1 import types_pb2

CUTOFF = 10
IN_FLIGHT = 8
SINGLE = ("text_en", "text_zh", "photo", "voice")
MIXED = ("composed", "photo_text_voice")
FUSIONS = tuple(number for number in types_pb2.FusionStrategy.values() if number)
SPACES = (types_pb2.SEARCH_SPACE_FUSED, types_pb2.SEARCH_SPACE_TEXT, types_pb2.SEARCH_SPACE_IMAGE)
OUT = Path(__file__).parent / "out" / "quality.json"


def photo(item: Item, view: int) -> pb.QueryPart:
    """Return a customer's photo of *item*."""
    file = io.BytesIO()
    render(item, view).save(file, "JPEG", quality=88)
    return pb.QueryPart(image=types_pb2.Media(data=file.getvalue()))


def voice(text: str, name: str) -> pb.QueryPart:
    """Return *text* as it is said by the voice of that *name*."""
    file = io.BytesIO()
    soundfile.write(file, speak(text, VOICES_BY_NAME[name]), SAMPLE_RATE_HZ, format="WAV", subtype="PCM_16")
    return pb.QueryPart(audio=types_pb2.Media(data=file.getvalue()))


def parts(query: Query, by_id: dict[str, Item], audio_mode: str = "sound") -> list[pb.QueryPart]:
    """Return what a customer would send; *audio_mode* says what is made of a voice."""
    made = []
    if query.photo_of:
        made.append(photo(by_id[query.photo_of], query.photo_view))
    if query.voice:
        said = voice(query.spoken or query.text, query.voice)
        said.audio_mode = types_pb2.AudioMode.Value(f"AUDIO_MODE_{audio_mode.upper()}")
        made.append(said)
    if query.text and query.kind != "voice":
        made.append(pb.QueryPart(text=query.text))
    return made


def precision(found: Sequence[str], wanted: set[str]) -> float:
    """Return the share of right ones among the first min(10, number of right products)."""
    cutoff = min(CUTOFF, len(wanted))
    return sum(product in wanted for product in found[:cutoff]) / cutoff


async def ask(
    stub: "pb_grpc.ProductSearchServiceAsyncStub", requests: Sequence[pb.SearchProductsRequest], label: str
) -> list[list[str]]:
    """Send all *requests*, a few at a time; return the ids found by each."""
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(request: pb.SearchProductsRequest) -> list[str]:
        async with gate:
            response = await stub.SearchProducts(request, timeout=30)
        return [result.product.id for result in response.results]

    pending = [asyncio.create_task(one(request)) for request in requests]
    for task in track(pending, description=label, transient=True):
        await task
    return [task.result() for task in pending]


async def measure(arguments: argparse.Namespace) -> list[dict[str, object]]:
    """Return a row per kind of query and way of searching."""
    catalogue = items()
    by_id = {item.id: item for item in catalogue}
    rows = []
    async with grpc.aio.insecure_channel(arguments.address) as channel:
        stub: pb_grpc.ProductSearchServiceAsyncStub = pb_grpc.ProductSearchServiceStub(channel)
        for kind in (*SINGLE, *MIXED):
            asked = queries(arguments.split, kind, arguments.count)
            made = [
                parts(query, by_id, arguments.audio_mode)
                for query in track(asked, description=f"making {kind}", transient=True)
            ]
            wanted = [right(query, catalogue) for query in asked]
            for name, choice in ways(kind):
                requests = [
                    pb.SearchProductsRequest(catalog=arguments.catalog, parts=p, page_size=CUTOFF, **choice)
                    for p in made
                ]
                started = time.perf_counter()
                found = await ask(stub, requests, f"{kind}, {name}")
                figures = [precision(f, w) for f, w in zip(found, wanted, strict=True)]
                rows.append(
                    {
                        "kind": kind,
                        "way": name,
                        "queries": len(asked),
                        "precision": round(float(np.mean(figures)), 4),
                        "standard_error": round(float(np.std(figures) / len(figures) ** 0.5), 4),
                        "seconds": round(time.perf_counter() - started, 1),
                    }
                )
    return rows


def ways(kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Return how queries of *kind* are searched: over each space, or by each fusion."""
    if kind in SINGLE:
        spaces = {types_pb2.SearchSpace.Name(s).removeprefix("SEARCH_SPACE_").lower(): s for s in SPACES}
        found: list[tuple[str, dict[str, Any]]] = [
            (f"over {name}", {"search_space": space}) for name, space in spaces.items()
        ]
        if kind.startswith("text"):
            found += [(f"{name}, vectors alone", {**choice, "lexical_weight": 0.0}) for name, choice in found]
        return found
    return [
        (f"by {types_pb2.FusionStrategy.Name(f).removeprefix('FUSION_STRATEGY_').lower()}", {"fusion": f})
        for f in FUSIONS
    ]


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--address", default="127.0.0.1:7100")
    parser.add_argument("--catalog", default="demo")
    parser.add_argument("--split", default="test", choices=("dev", "test"))
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--audio-mode", default="sound", choices=("auto", "speech", "sound", "both"))
    rows = asyncio.run(measure(arguments := parser.parse_args()))
    table = Table(title=f"Precision at min({CUTOFF}, right products), {arguments.split} part")
    for name in ("kind", "way", "queries", "precision", "standard_error"):
        table.add_column(name)
    for row in rows:
        table.add_row(*(str(row[str(column.header)]) for column in table.columns))
    Console().print(table)
    reporting.keep(rows, OUT)


if __name__ == "__main__":
    main()
