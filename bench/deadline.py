"""Whether answers come in time when a stage is slow, and what is left out of them.

    python -m bench.deadline [--requests 200] [--slow 2.0] [--deadline 0.5] [--folder DIR] [--products 2000]

Starts a suite of its own with the demonstration catalogue. For each stage a gateway of its own, whose rooms are reached
through doors that wait *slow* seconds before the calls of that stage (and cancel them as the rooms would). One client
asks for words with a photo, one search after the other, each of another query, with a deadline of *deadline* seconds;
nothing is known to the gateway when it begins.

In time is what is answered with OK before the client's own deadline. Named is an answer that says what was left out.
Prints a table and writes bench/out/deadline.json.
"""

import argparse
import asyncio
import io
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from bench import demo_catalogue, reporting
from bench.load import Outcome, of_code, once, percentile_ms
from bench.own_suite import WITHOUT_MEMORY, own_settings, running
from bench.slow_room import IsSlow, SlowRoom
from training.demo.items import items
from training.demo.queries import queries
from training.demo.render import render
from triptych.internal.v1 import encoder_service_pb2, fusion_service_pb2, search_service_pb2
from triptych.local import suite
from triptych.local.ports import free_ports
from triptych.local.settings import SuiteSettings
from triptych.local.triton import IMPORT_ROOT
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import product_search_service_pb2_grpc as pb_grpc
from triptych.v1 import types_pb2

PACK = IMPORT_ROOT / "triton" / "model_repository"
OUT = Path(__file__).parent / "out" / "deadline.json"
ROOMS = ("encoder", "fusion", "search", "ranker")
PHOTO_PIXELS = 240
PHOTOS = 50
READY_S = 30.0
INTERNAL = "/triptych.internal.v1."


def encodes(kind: str) -> IsSlow:
    """Return whether a call encodes a part of that kind."""

    def is_slow(request: bytes) -> bool:
        parts = encoder_service_pb2.EncodeRequest.FromString(request).parts
        return any(part.WhichOneof("content") == kind for part in parts)

    return only(f"{INTERNAL}EncoderService/Encode", is_slow)


def searches(*, explaining: bool) -> IsSlow:
    """Return whether a call searches with all of the effort, or looks at what is to be explained."""

    def is_slow(request: bytes) -> bool:
        asked = search_service_pb2.SearchRequest.FromString(request)
        return bool(asked.only_ids) if explaining else not (asked.only_ids or asked.hurried)

    return only(f"{INTERNAL}SearchService/Search", is_slow)


def fuses(request: bytes) -> bool:
    """Return whether a call fuses by a network."""
    strategy = fusion_service_pb2.FuseRequest.FromString(request).strategy
    return strategy != types_pb2.FUSION_STRATEGY_WEIGHTED_SUM


def only(name: str, is_slow: Callable[[bytes], bool] = lambda _: True) -> IsSlow:
    """Return whether a call is of the method of that name, and slow."""
    return lambda method, request: method == name and is_slow(request)


# The stage that is slow: the room, and which of its calls.
CASES: Mapping[str, tuple[str, IsSlow]] = {
    "nothing": ("encoder", lambda _, __: False),
    "explanations": ("search", searches(explaining=True)),
    "spelling": ("search", only(f"{INTERNAL}SearchService/CorrectWords")),
    "ranking": ("ranker", only(f"{INTERNAL}RankerService/Rank")),
    "encoding pictures": ("encoder", encodes("image")),
    "encoding words": ("encoder", encodes("text")),
    "fusion": ("fusion", only(f"{INTERNAL}FusionService/Fuse", fuses)),
    "search": ("search", searches(explaining=False)),
}


def requests(count: int) -> list[pb.SearchProductsRequest]:
    """Return searches for words with a photo, explained."""
    texts = [query.text for query in queries("dev", "text_en", count)]
    photos = []
    for item in items()[:PHOTOS]:
        file = io.BytesIO()
        render(item, 0, PHOTO_PIXELS).save(file, "JPEG", quality=88)
        photos.append(file.getvalue())
    return [
        pb.SearchProductsRequest(
            catalog=demo_catalogue.CATALOG,
            parts=[
                pb.QueryPart(text=text),
                pb.QueryPart(image=types_pb2.Media(data=photos[number % len(photos)])),
            ],
            page_size=10,
            explain=pb.SearchProductsRequest.EXPLAIN_LEVEL_CONTRIBUTIONS,
        )
        for number, text in enumerate(texts)
    ]


@asynccontextmanager
async def gateway(rooms: Mapping[str, str], folder: Path) -> AsyncIterator[str]:
    """Run a gateway before *rooms*; yield its address."""
    port, metrics_port = free_ports(2)
    told = {
        "PORT": port,
        "METRICS_PORT": metrics_port,
        "DRAIN_MS": 0,
        "EVENTS_PATH": folder / "events.db",
        **{name.upper(): address for name, address in rooms.items()},
    }
    environment = os.environ | {f"TRIPTYCH_GATEWAY_{name}": str(value) for name, value in told.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.main", env=environment, stdout=subprocess.DEVNULL
    )
    try:
        address = f"127.0.0.1:{port}"
        async with asyncio.timeout(READY_S), grpc.aio.insecure_channel(address) as channel:
            while not await is_ready(channel):  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.1)
        yield address
    finally:
        process.terminate()
        await process.wait()


async def is_ready(channel: grpc.aio.Channel) -> bool:
    """Return whether a gateway serves."""
    try:
        answer = await health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(), timeout=1, wait_for_ready=True
        )
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def measured(
    rooms: Mapping[str, str], case: str, arguments: argparse.Namespace, folder: Path
) -> dict[str, Any]:
    """Return what became of the searches while the stage of *case* is slow."""
    name, is_slow = CASES[case]
    door = SlowRoom(rooms[name], arguments.slow)
    door.is_slow = is_slow
    asked = requests(arguments.requests)
    left_out: Counter[str] = Counter()
    outcomes: list[Outcome] = []
    named = 0
    try:
        async with (
            gateway({**rooms, name: await door.start()}, folder) as address,
            grpc.aio.insecure_channel(address) as channel,
        ):
            stub = pb_grpc.ProductSearchServiceStub(channel)

            async def ask(number: int) -> None:
                nonlocal named
                answer = await stub.SearchProducts(asked[number], timeout=arguments.deadline)
                named += bool(answer.degradations)
                left_out.update(described(each) for each in answer.degradations)

            outcomes = [await once(ask, number) for number in range(len(asked))]
    finally:
        await door.stop()
    good = of_code(outcomes)
    return {
        "slow": case,
        "in time": len(good) / len(outcomes),
        "named": named / max(1, len(good)),
        "p50 ms": percentile_ms(good, 50),
        "p99 ms": percentile_ms(good, 99),
        "left out": ", ".join(f"{what} {count}" for what, count in left_out.most_common()),
    }


def described(item: pb.Degradation) -> str:
    """Return what was left out and why, in a word each."""
    step = pb.Degradation.Step.Name(item.step).removeprefix("STEP_")
    return f"{step} {pb.Degradation.Reason.Name(item.reason).removeprefix('REASON_')}"


async def all_measured(settings: SuiteSettings, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Return a row for each case."""
    rooms = {part.name: part.address for part in suite.status(settings) if part.name in ROOMS}
    rows = []
    for case in CASES:
        rows.append(await measured(rooms, case, arguments, settings.folder))
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Measure, print and keep."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--slow", type=float, default=2.0)
    parser.add_argument("--deadline", type=float, default=0.5)
    parser.add_argument("--products", type=int, default=2000)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    os.environ.update(WITHOUT_MEMORY)
    with tempfile.TemporaryDirectory() as made:
        settings = own_settings(PACK, arguments.folder or Path(made))
        with running(settings) as address:
            demo_catalogue.store(address, settings.folder / "demo", arguments.products)
            rows = asyncio.run(all_measured(settings, arguments))
    reporting.show(rows, width=200)
    reporting.keep(rows, OUT)


if __name__ == "__main__":
    main()
