"""What shedding load costs by itself: a room whose work is to wait, asked for five times what it can do.

    python -m bench.turnstile [--seconds 20] [--times 5] [--work 0.02] [--at-once 2]

Room and client run in this process, over a real connection; the room works on *at-once* requests, each of which takes
*work* seconds and no CPU, so that what is measured is the way to a refusal. Prints a table.
"""

import argparse
import asyncio
from contextlib import AsyncExitStack
from typing import Any

import grpc

from bench import reporting
from bench.load import Outcome, at_rate, of_code, one_after_the_other, percentile_ms
from triptych.internal.v1 import ranker_service_pb2 as pb
from triptych.internal.v1 import ranker_service_pb2_grpc as pb_grpc
from triptych.runtime.limit import AdaptiveLimit
from triptych.runtime.logs import configure
from triptych.runtime.serve import Room, Service, serving
from triptych.runtime.settings import ServerSettings
from triptych.runtime.turnstile import Turnstile, Turnstiles
from triptych.v1 import types_pb2

SERVICE = "triptych.internal.v1.RankerService"
REQUEST = pb.RankRequest(
    strategy=types_pb2.RANKING_STRATEGY_SIMILARITY, limit=1, candidates=[pb.Candidate(id="a", score=1)]
)
QUIET_S = 5.0
DEADLINE_S = 5.0


class Waiting(pb_grpc.RankerServiceServicer):
    """Ranks nothing, and takes its time."""

    def __init__(self, work_s: float) -> None:
        self._work_s = work_s

    async def Rank(self, request: pb.RankRequest, context: object) -> pb.RankResponse:  # noqa: ARG002, N802
        """Wait."""
        await asyncio.sleep(self._work_s)
        return pb.RankResponse()

    async def ListStrategies(self, request: pb.ListStrategiesRequest, context: object) -> Any:  # noqa: ARG002, N802
        """Offer nothing."""
        return pb.ListStrategiesResponse()


async def nothing() -> None:
    """There is no dependency."""


def room(arguments: argparse.Namespace) -> Room:
    """Return the room."""
    limit = AdaptiveLimit(arguments.at_once, arguments.at_once, arguments.at_once)
    gate = Turnstiles({f"/{SERVICE}/Rank": Turnstile("search", limit)})
    add = pb_grpc.add_RankerServiceServicer_to_server
    service = Service(SERVICE, add, Waiting(arguments.work))
    return Room("bench", (service,), nothing, nothing, gate=gate)


async def measured(arguments: argparse.Namespace) -> dict[str, list[Outcome]]:
    """Return what became of the requests when it was quiet and under load."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(serving(room(arguments), ServerSettings(drain_ms=0)))
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(running.address))
        stub: pb_grpc.RankerServiceAsyncStub = pb_grpc.RankerServiceStub(channel)

        async def ask(_: int) -> object:
            return await stub.Rank(REQUEST, timeout=DEADLINE_S)

        quiet = await one_after_the_other(ask, QUIET_S)
        rate = arguments.times * arguments.at_once / arguments.work
        load = await at_rate(ask, rate, arguments.seconds)
    return {
        "quiet": of_code(quiet),
        "accepted": of_code(load),
        "refused": of_code(load, "RESOURCE_EXHAUSTED"),
    }


def main() -> None:
    """Measure and print."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--times", type=float, default=5.0)
    parser.add_argument("--work", type=float, default=0.02)
    parser.add_argument("--at-once", type=int, default=2)
    arguments = parser.parse_args()
    configure("bench", "error")
    found = asyncio.run(measured(arguments))
    rows = [
        {
            "requests": name,
            "count": len(outcomes),
            "p50 ms": percentile_ms(outcomes, 50),
            "p99 ms": percentile_ms(outcomes, 99),
            "within 50 ms": sum(each.seconds <= 0.05 for each in outcomes) / max(1, len(outcomes)),
        }
        for name, outcomes in found.items()
    ]
    reporting.show(rows)


if __name__ == "__main__":
    main()
