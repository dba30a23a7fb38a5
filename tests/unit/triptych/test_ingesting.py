"""A stream of products from the client's side: broken, gone on with, bounded."""

import threading
import time
from concurrent import futures

import grpc
import pytest
from grpc_status import rpc_status

from triptych import ingesting
from triptych.client import Client, TriptychClientError
from triptych.outbox import WAITING_ITEMS_MAX
from triptych.runtime.errors import to_status
from triptych.v1 import catalog_service_pb2 as pb
from triptych.v1 import catalog_service_pb2_grpc as pb_grpc
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError, Unavailable

Response = pb.IngestProductsResponse


class Server(pb_grpc.CatalogServiceServicer):
    """Runs one script after the other, a stream each; the last one for all further streams."""

    def __init__(self, *scripts):
        self.scripts = list(scripts)
        self.starts: list[pb.IngestProductsRequest.Start] = []
        self.streams: list[list[int]] = []
        self.stored: dict[str, types_pb2.Product] = {}
        self.under_way_max = 0
        self.cancelled = threading.Event()

    def IngestProducts(self, requests, context):
        context.add_callback(self.cancelled.set)
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        self.starts.append(next(requests).start)
        self.streams.append([])
        try:
            yield from script(self, self.items(requests))
        except TriptychError as error:
            context.abort_with_status(rpc_status.to_status(to_status(error)))

    def items(self, requests):
        for request in requests:
            for item in request.items.items:
                self.streams[-1].append(item.sequence)
                yield item

    def acks(self, *items, window=8, token=None) -> Response:
        for item in items:
            self.stored[item.product.id] = item.product
        acks = [
            Response.Ack(sequence=item.sequence, result=pb.UpsertProductResult(id=item.product.id))
            for item in items
        ]
        last = max(item.sequence for item in items) if token is None else token
        return Response(acks=Response.Acks(acks=acks, window=window, resume_token=str(last)))


def started(next_sequence: int = 1, window: int = 8) -> Response:
    return Response(started=Response.Started(next_sequence=next_sequence, window=window))


def each_one(server, items):
    """Acknowledges items as they come."""
    yield started(int(server.starts[-1].resume_token or 0) + 1)
    for item in items:
        yield server.acks(item)
    yield Response(finished=Response.Finished())


def breaks_after(number: int, error: TriptychError | None = None):
    """Acknowledges so many, then fails."""

    def script(server, items):
        yield started(int(server.starts[-1].resume_token or 0) + 1)
        for _ in range(number):
            yield server.acks(next(items))
        raise error or Unavailable.because_of("gateway")

    return script


@pytest.fixture
def serve():
    """Returns a function from scripts to (server, client)."""
    opened = []

    def start(*scripts) -> tuple[Server, Client]:
        servicer = Server(*scripts)
        server = grpc.server(futures.ThreadPoolExecutor(4))
        pb_grpc.add_CatalogServiceServicer_to_server(servicer, server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        client = Client(address)
        opened.extend([client.close, lambda: server.stop(None).wait()])
        return servicer, client

    yield start
    for close in opened:
        close()


def mugs(count: int):
    return (types_pb2.Product(id=f"mug-{n}", title="mug") for n in range(1, count + 1))


class TestWhole:
    def test_every_product_is_yielded_once(self, serve):
        """By its place, with no error."""
        server, client = serve(each_one)

        settled = list(client.ingest(mugs(500), catalog="shop"))

        assert list(range(1, 501)) == [each.sequence for each in settled]
        assert [None] == list({each.error for each in settled})
        assert ("shop", 500) == (server.starts[0].catalog, len(server.stored))

    def test_no_more_is_taken_than_can_be_sent(self, serve):
        """While the server acknowledges nothing, the products stay where they are."""
        taken, go_on = [], threading.Event()

        def waits(server, items):
            yield started()
            go_on.wait(20)
            for item in items:
                yield server.acks(item)

        def counted():
            for product in mugs(5000):
                taken.append(product.id)
                yield product

        _, client = serve(waits)
        settled = client.ingest(counted())
        threading.Timer(0.5, go_on.set).start()
        first = next(settled)
        at_first = len(taken)

        assert 1 == first.sequence
        assert at_first <= WAITING_ITEMS_MAX + 8 + 2
        assert 4999 == sum(1 for _ in settled)

    def test_the_window_is_kept(self, serve):
        """Never more under way than the last window said."""
        seen = []

        def slow(server, items):
            yield started(window=4)
            while True:
                time.sleep(0.05)  # what is to be sent has come by then
                group = [item for _, item in zip(range(2), items, strict=False)]
                if not group:
                    return
                seen.append(len(server.streams[-1]) - len(server.stored))
                yield server.acks(*group, window=2)

        _, client = serve(slow)
        assert 10 == len(list(client.ingest(mugs(10))))
        assert max(seen) <= 4

    def test_what_is_asked_for_is_passed_on(self, serve):
        """A caller hears that the suite is loaded, and why."""

        def loaded(server, items):
            yield started()
            reason = to_status(Unavailable.because_of("encoder"))
            yield Response(back_off=Response.BackOff(window=1, reason=reason))
            yield from (server.acks(item) for item in items)

        told = []
        _, client = serve(loaded)
        list(client.ingest(mugs(3), on_back_off=told.append))

        assert ["The encoder does not answer; try again in a moment."] == [
            each.reason.message for each in told
        ]

    def test_a_product_that_no_message_holds_is_refused_here(self, serve, monkeypatch):
        """The others are stored."""
        monkeypatch.setattr(ingesting, "ITEM_BYTES_MAX", 100)
        products = [*mugs(2), types_pb2.Product(id="big", description="x" * 200), *mugs(1)]
        server, client = serve(each_one)

        settled = {each.sequence: each for each in client.ingest(products)}

        assert {1, 2, 3, 4} == set(settled)
        assert ("big", grpc.StatusCode.INVALID_ARGUMENT.value[0]) == (settled[3].id, settled[3].error.code)
        assert [1, 2, 4] == server.streams[0]


class TestBreaks:
    def test_a_broken_stream_is_gone_on_with(self, serve):
        """What was not acknowledged is sent again, in order, after the token; each is yielded once."""
        server, client = serve(breaks_after(7), breaks_after(5), each_one)

        settled = [each.sequence for each in client.ingest(mugs(40))]

        assert list(range(1, 41)) == settled
        assert ["", "7", "12"] == [start.resume_token for start in server.starts]
        assert [1, 8, 13] == [stream[0] for stream in server.streams]
        assert all(stream == sorted(stream) for stream in server.streams)

    def test_what_was_acknowledged_out_of_order_is_not_sent_again(self, serve):
        """The token says less than the client knows."""

        def backwards(server, items):
            yield started()
            group = [next(items) for _ in range(4)]
            yield server.acks(group[3], group[1], token=0)
            raise Unavailable.because_of("gateway")

        server, client = serve(backwards, each_one)
        settled = sorted(each.sequence for each in client.ingest(mugs(6)))

        assert [1, 2, 3, 4, 5, 6] == settled
        assert [1, 3, 5, 6] == server.streams[1]

    def test_a_token_that_another_gateway_refuses_is_done_without(self, serve):
        """What is settled is known to the client too."""
        refusal = InvalidArgument("No.", reason=Reason.RESUME_TOKEN_INVALID, field="start.resume_token")
        server, client = serve(breaks_after(3), breaks_after(0, refusal), each_one)

        assert 9 == len(list(client.ingest(mugs(9))))
        assert ["", "3", ""] == [start.resume_token for start in server.starts]
        assert 4 == server.streams[2][0]

    def test_an_earlier_ingestion_is_gone_on_with(self, serve):
        """By its last token; the same products are handed in, and those that it settled passed over."""
        server, client = serve(each_one)
        for each in client.ingest(mugs(20)):
            if each.sequence == 9:
                token = each.resume_token
                break

        settled = [each.sequence for each in client.ingest(mugs(20), resume_token=token)]

        assert list(range(10, 21)) == settled
        assert 10 == server.streams[1][0]

    def test_a_refusal_is_told(self, serve):
        """It is not tried again."""
        error = InvalidArgument("No.", reason=Reason.FIELD_INVALID, field="start.catalog")
        server, client = serve(breaks_after(2, error))
        seen = []
        with pytest.raises(TriptychClientError) as caught:
            seen.extend(client.ingest(mugs(9)))

        assert ("start.catalog", 1) == (caught.value.field, len(server.starts))

    def test_patience_ends(self, serve):
        """A suite that is away for long is an error."""
        server, client = serve(breaks_after(0))

        with pytest.raises(TriptychClientError) as caught:
            list(client.ingest(mugs(9), patience_s=0.5))

        assert grpc.StatusCode.UNAVAILABLE is caught.value.code
        assert len(server.starts) > 1


class TestEnds:
    def test_products_that_fail_to_come_end_it_after_those_before(self, serve):
        """The caller gets the error of its own iterable."""

        def broken():
            yield from mugs(5)
            raise ZeroDivisionError

        server, client = serve(each_one)
        settled = []
        with pytest.raises(ZeroDivisionError):
            settled.extend(each.sequence for each in client.ingest(broken()))

        assert 5 == len(server.stored)

    def test_a_caller_who_leaves_ends_the_stream(self, serve):
        """Nothing is taken or sent any more."""
        taken = []

        def endless():
            n = 0
            while True:
                n += 1
                taken.append(n)
                yield types_pb2.Product(id=f"mug-{n}", title="mug")

        server, client = serve(each_one)
        settled = client.ingest(endless())
        next(settled)
        settled.close()
        assert server.cancelled.wait(5)
        time.sleep(0.2)
        count = len(taken)
        time.sleep(0.2)

        assert count == len(taken)
