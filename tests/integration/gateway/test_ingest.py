"""Streams of products through the gateway to the real search room."""

import asyncio
import itertools

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from triptych.client import Client
from triptych.runtime.errors import from_status
from triptych.runtime.serve import serving
from triptych.runtime.settings import ServerSettings
from triptych.v1 import catalog_service_pb2 as pb
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1.types_pb2 import Product
from triptych.vocabulary.errors import Reason

NAMES = itertools.count()


@pytest.fixture
def catalog():
    return f"ingest{next(NAMES)}"


def start(catalog):
    return pb.IngestProductsRequest(start=pb.IngestProductsRequest.Start(catalog=catalog))


def items(*products, first=1):
    numbered = [
        pb.IngestProductsRequest.Item(sequence=sequence, product=product)
        for sequence, product in enumerate(products, first)
    ]
    return pb.IngestProductsRequest(items=pb.IngestProductsRequest.Items(items=numbered))


async def results(stubs, catalog, *products):
    """What became of products, in their order."""
    call = stubs.catalog.IngestProducts([start(catalog), items(*products)])
    acks = [ack async for told in call for ack in told.acks.acks]
    return [ack.result for ack in sorted(acks, key=lambda ack: ack.sequence)]


async def stored(stubs, catalog, product_id):
    request = pb.GetProductRequest(catalog=catalog, id=product_id)
    return (await stubs.catalog.GetProduct(request)).product


async def test_etags_are_told_and_hold(stubs, catalog):
    """A product that names another etag is refused, alone."""
    (first,) = await results(stubs, catalog, Product(id="a", title="red mug"))

    second, third, other = await results(
        stubs,
        catalog,
        Product(id="a", title="blue mug", etag=first.etag),
        Product(id="a", title="green mug", etag=first.etag),
        Product(id="b", title="hat"),
    )

    assert second.etag not in {"", first.etag}
    assert Reason.ETAG_MISMATCH == from_status(third.error).reason
    assert not other.HasField("error")
    assert "blue mug" == (await stored(stubs, catalog, "a")).title


async def test_what_was_stored_and_not_acknowledged_may_come_again(stubs, catalog):
    """Its own write does not stand in the way of its etag, in whichever stream it comes."""
    (first,) = await results(stubs, catalog, Product(id="a", title="red mug"))
    again = Product(id="a", title="blue mug", etag=first.etag)

    written, repeated = [(await results(stubs, catalog, again))[0] for _ in range(2)]

    assert (written.etag, False) == (repeated.etag, repeated.HasField("error"))


async def test_what_is_older_gives_way(stubs, catalog):
    """It is settled, and said to be superseded."""
    new, old = (
        Product(id="a", title=title, update_time=Timestamp(seconds=second))
        for title, second in (("new mug", 200), ("old mug", 100))
    )

    first, second = await results(stubs, catalog, new, old)

    assert (False, True) == (first.superseded, second.superseded)
    assert "new mug" == (await stored(stubs, catalog, "a")).title


async def test_two_streams_on_one_id_leave_one_whole_product(stubs, catalog):
    """That of the last item of one of them, with its own words and vectors."""
    names = {"left": [f"left mug{n}" for n in range(40)], "right": [f"right hat{n}" for n in range(40)]}

    acknowledged = await asyncio.gather(
        *(results(stubs, catalog, *(Product(id="a", title=name) for name in each)) for each in names.values())
    )

    assert [40, 40] == [len([r for r in each if not r.HasField("error")]) for each in acknowledged]
    title = (await stored(stubs, catalog, "a")).title
    assert title in {each[-1] for each in names.values()}
    request = search_pb.SearchProductsRequest(
        catalog=catalog, parts=[search_pb.QueryPart(text=title)], lexical_weight=0
    )
    (found,) = (await stubs.search.SearchProducts(request)).results
    assert pytest.approx(1.0, abs=1e-4) == found.score


async def test_the_client_stores_any_number(stubs, catalog):
    """Through every part but the models; searches find the last."""

    def ingest():
        products = (Product(id=f"p{n}", title=f"mug number{n}") for n in range(1000))
        with Client(stubs.address) as client:
            return list(client.ingest(products, catalog=catalog))

    settled = await asyncio.to_thread(ingest)

    assert set(range(1, 1001)) == {each.sequence for each in settled}
    assert not any(each.error for each in settled)
    assert "mug number999" == (await stored(stubs, catalog, "p999")).title


async def test_a_gateway_that_stops_loses_nothing(replica, stubs, catalog):
    """The client goes on with another one behind the same name: here the same rooms, and the same key."""
    key = "a key of at least 32 characters!!"
    first, second = await replica(token_key=key), await replica(token_key=key)
    seen, products = [], (Product(id=f"p{n}", title=f"mug {n}") for n in range(2000))

    def ingest(address):
        with Client(address) as client:
            for each in client.ingest(products, catalog=catalog):
                seen.append(each.sequence)  # noqa: PERF401 - looked at meanwhile

    async with serving(first.room, ServerSettings(drain_ms=0)) as stopping:
        # One name, two gateways: gRPC takes the second when the first one ends.
        running = asyncio.create_task(asyncio.to_thread(ingest, f"ipv4:{stopping.address},{second.address}"))
        while len(seen) < 100:
            await asyncio.sleep(0.01)
    await asyncio.wait_for(running, 60)

    assert list(range(1, 2001)) == sorted(seen)
    call = stubs.catalog.ListProducts(pb.ListProductsRequest(catalog=catalog, page_size=1))
    assert "p0" == (await call).products[0].id
