"""Random and mutated requests over every RPC: none crashes a room, none is answered with its inside, none hangs.

`make fuzz` sends 20,000; TRIPTYCH_FUZZ_REQUESTS and TRIPTYCH_FUZZ_SEED choose others. A failure prints what was sent.
"""

import logging
import os
import random
import socket
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import structlog

sys.path.insert(0, str(Path(__file__).parent))

from house import house
from sending import call_of, fuzzed

from gateway.metrics_upgrade import MISSING, PHASE
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1.types_pb2 import Product

REQUESTS = int(os.environ.get("TRIPTYCH_FUZZ_REQUESTS", "5000"))
SEED = int(os.environ.get("TRIPTYCH_FUZZ_SEED", "1"))
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
    complaints = await fuzzed(rooms, REQUESTS, SEED)

    unexpected = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert [] == complaints[:SHOWN_MAX], "\n".join(causes.found.values())
    assert {} == causes.found
    assert [] == unexpected[:SHOWN_MAX]
    assert before == await found_in(rooms, KEPT)


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
