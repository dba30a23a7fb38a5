"""Random and mutated requests over every RPC: none crashes a room, none is answered with its inside, none hangs.

`make fuzz` sends 20,000; TRIPTYCH_FUZZ_REQUESTS and TRIPTYCH_FUZZ_SEED choose others. A failure prints what was sent.
"""

import asyncio
import logging
import os
import random
import socket
import sys
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog
from google.protobuf import message_factory
from google.protobuf.message import Message

sys.path.insert(0, str(Path(__file__).parent))

from house import house
from messages import TOKENS, Maker
from mutations import wire
from oracle import complaint

from gateway.metrics_upgrade import MISSING, PHASE
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1.types_pb2 import Product

REQUESTS = int(os.environ.get("TRIPTYCH_FUZZ_REQUESTS", "5000"))
SEED = int(os.environ.get("TRIPTYCH_FUZZ_SEED", "1"))
AT_ONCE = 16
# Longer than anything takes that is not stuck.
HANGS_S = 60.0
KEPT = "kept"
SHOWN_MAX = 5


@dataclass
class Causes:
    """What the rooms logged as unexpected, once for each place in the code; everything less is thrown away."""

    found: dict[str, str] = field(default_factory=dict)

    def __call__(self, _logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        failure = sys.exc_info()[1] if event.get("exc_info") is True else event.get("exc_info")
        if isinstance(failure, BaseException):
            where = str(traceback.extract_tb(failure.__traceback__)[-1])
            trace = "".join(traceback.format_exception(failure))
        else:
            where, trace = event["event"], str(event)
        self.found.setdefault(where, trace)
        raise structlog.DropEvent


@pytest.fixture(scope="module")
def causes():
    before = structlog.get_config()
    causes = Causes()
    structlog.configure(
        processors=[causes], wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR)
    )
    yield causes
    structlog.configure(**before)


@pytest.fixture(scope="module")
async def rooms(tmp_path_factory, causes):
    with pytest.MonkeyPatch.context() as patch:
        async with house(tmp_path_factory.mktemp("fuzz"), patch) as rooms:
            yield rooms
    # Metrics are of the process, which other tests share.
    for metric in (MISSING, PHASE):
        metric.clear()


def call_of(rooms, method):
    """Return a function that sends bytes, or several to a stream, and returns the response, or raises."""
    service = method.containing_service.full_name
    path, answer = f"/{service}/{method.name}", message_factory.GetMessageClass(method.output_type)
    channel = rooms.channels[service]
    if not method.client_streaming:
        unary = channel.unary_unary(path, response_deserializer=answer.FromString)
        return lambda sent: unary(sent[0], timeout=HANGS_S)
    stream = channel.stream_stream(path, response_deserializer=answer.FromString)

    async def streamed(sent):
        told = [each async for each in stream(iter(sent), timeout=HANGS_S)]
        return told[-1] if told else answer()

    return streamed


async def outcome_of(call: Any, sent: list[bytes]) -> Any:
    """Return the response or the failure."""
    try:
        return await call(sent)
    except grpc.aio.AioRpcError as error:
        return error


async def found_in(rooms, catalog: str) -> list[str]:
    """Return what a good search finds."""
    method = next(each for each in rooms.methods() if each.name == "SearchProducts")
    request = search_pb.SearchProductsRequest(catalog=catalog, parts=[search_pb.QueryPart(text="red mug")])
    response = await call_of(rooms, method)([request.SerializeToString()])
    return [each.product.id for each in response.results]


async def store(rooms, catalog: str) -> None:
    """Store some products."""
    method = next(each for each in rooms.methods() if each.name == "UpsertProducts")
    products = [Product(id=f"p{at}", title=f"red mug {at}", price={"units": at}) for at in range(6)]
    request = catalog_pb.UpsertProductsRequest(catalog=catalog, products=products)
    response = await call_of(rooms, method)([request.SerializeToString()])
    assert not any(each.error.code for each in response.results)


@pytest.mark.timeout(900)
async def test_no_request_harms(rooms, causes, caplog):
    """Every outcome is an answer or a refusal with a reason; what others stored stays; nothing is logged as unexpected."""
    for catalog in ("fuzz", KEPT):
        await store(rooms, catalog)
    before = await found_in(rooms, KEPT)
    drawn = random.Random(SEED)
    maker, methods = Maker(drawn, "fuzz"), rooms.methods()
    calls = {method.full_name: call_of(rooms, method) for method in methods}
    complaints: list[str] = []
    answered: Counter[str] = Counter()
    room = asyncio.Semaphore(AT_ONCE)

    async def send(number: int, method: Any, sent: list[bytes]) -> None:
        async with room:
            told = await outcome_of(calls[method.full_name], sent)
        if why := complaint(told):
            shown = [each.hex() if len(each) < 4000 else f"{each[:2000].hex()}… {len(each)}" for each in sent]
            complaints.append(f"seed {SEED}, number {number}, {method.full_name}: {why}\nsent {shown}")
        answered[method.full_name] += isinstance(told, Message)
        maker.tokens = [*maker.tokens, *tokens_in(told)][-TOKENS:]

    async with asyncio.TaskGroup() as tasks:
        for number in range(REQUESTS):
            method = drawn.choice(methods)
            count = drawn.randrange(1, 5) if method.client_streaming else 1
            sent = [wire(drawn, maker.message(method.input_type)) for _ in range(count)]
            tasks.create_task(send(number, method, sent))
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
            while len(tasks._tasks) > 4 * AT_ONCE:
                await asyncio.sleep(0.001)

    print(
        f"{REQUESTS} requests, {answered.total()} of them answered; never: {sorted(set(calls) - set(+answered))}"
    )
    unexpected = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert [] == complaints[:SHOWN_MAX], "\n".join(causes.found.values())
    assert {} == causes.found
    assert [] == unexpected[:SHOWN_MAX]
    assert before == await found_in(rooms, KEPT)


def tokens_in(told: Any) -> list[str]:
    """Return the tokens that an answer gave, to be sent again."""
    names = ("next_page_token", "attribution_token")
    return [value for name in names if (value := getattr(told, name, ""))]


async def test_bytes_that_are_no_http2_are_harmless(rooms):
    """A connection that speaks something else is closed, and others go on."""
    drawn = random.Random(SEED)
    before = await found_in(rooms, KEPT)
    port = int(rooms.address.rpartition(":")[2])
    for prefix in (b"", b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(prefix + drawn.randbytes(drawn.randrange(2000)))

    assert before == await found_in(rooms, KEPT)
