"""IngestProducts, seen by a client; the other rooms are fakes."""

import asyncio
import random
from dataclasses import replace

import grpc
import pytest
from google.protobuf.struct_pb2 import Value
from grpc_status import rpc_status

from gateway.core.ingest.model import Limits
from gateway.service.ingest import Ingestion
from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Reason, ResourceExhausted, Unavailable

QUICK = Limits(linger_s=0.002, patience_s=0.2, idle_s=0.3, unread_s=0.3)


def product(product_id: str, title: str = "red mug", **fields) -> types_pb2.Product:
    return types_pb2.Product(id=product_id, title=title, **fields)


def start(**fields) -> pb.IngestProductsRequest:
    return pb.IngestProductsRequest(start=pb.IngestProductsRequest.Start(**fields))


def items(*numbered: tuple[int, types_pb2.Product]) -> pb.IngestProductsRequest:
    made = [pb.IngestProductsRequest.Item(sequence=number, product=each) for number, each in numbered]
    return pb.IngestProductsRequest(items=pb.IngestProductsRequest.Items(items=made))


def mugs(first: int, last: int) -> pb.IngestProductsRequest:
    return items(*((n, product(f"mug-{n}")) for n in range(first, last + 1)))


async def answers(call) -> list[pb.IngestProductsResponse]:
    return [answer async for answer in call]


async def failure(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await answers(call)
    status = rpc_status.from_call(caught.value)
    assert status is not None, caught.value
    return from_status(status)


def acks(told) -> dict[int, pb.UpsertProductResult]:
    return {ack.sequence: ack.result for each in told for ack in each.acks.acks}


@pytest.fixture
def limits():
    return QUICK


@pytest.fixture
def rooms(rooms, limits):
    rooms.ingestion = Ingestion(rooms.writes, rooms.resumes, limits, streams_max=2)
    return rooms


@pytest.fixture
def ingest(stubs):
    return stubs[1].IngestProducts


class TestWalk:
    async def test_every_product_is_acknowledged_and_stored(self, ingest, rooms):
        """Started, acknowledgements, and a sum at the end."""
        told = await answers(ingest([start(catalog="shop"), mugs(1, 60), mugs(70, 99)]))

        assert pb.IngestProductsResponse.Started(next_sequence=1, window=1024) == told[0].started
        assert pb.IngestProductsResponse.Finished(stored=90) == told[-1].finished
        assert {*range(1, 61), *range(70, 100)} == set(acks(told))
        assert "mug-70" == acks(told)[70].id
        assert {f"mug-{n}" for n in acks(told)} == set(rooms.index.products["shop"])

    async def test_broken_products_are_refused_one_by_one(self, ingest, rooms):
        """Of 10,000, a hundred are broken in ten ways; each is told why, all others are stored."""
        broken = [
            (lambda n: product("", "red mug"), Reason.FIELD_INVALID, "id"),
            (lambda n: product(f"tab\t{n}"), Reason.FIELD_INVALID, "id"),
            (lambda n: product(f"long-{n}", "x" * 513), Reason.FIELD_INVALID, "title"),
            (lambda n: product(f"none-{n}", ""), Reason.PRODUCT_EMPTY, ""),
            (lambda n: product(f"cold-{n}", popularity=-1), Reason.FIELD_INVALID, "popularity"),
            (
                lambda n: product(f"null-{n}", attributes={"a": Value(null_value=0)}),
                Reason.FIELD_INVALID,
                'attributes["a"]',
            ),
            (
                lambda n: product(f"seen-{n}", images=[types_pb2.Media(data=b"broken")]),
                Reason.IMAGE_UNREADABLE,
                "images[0].data",
            ),
            (
                lambda n: product(f"many-{n}", images=[types_pb2.Media(data=b"a")] * 9),
                Reason.FIELD_INVALID,
                "images",
            ),
            (
                lambda n: product(f"bare-{n}", images=[types_pb2.Media()]),
                Reason.FIELD_INVALID,
                "images[0].source",
            ),
            (lambda n: types_pb2.Product(), Reason.FIELD_INVALID, "id"),
        ]
        at = dict.fromkeys(random.Random(7).sample(range(1, 10_001), 100))
        for place, n in enumerate(at):
            at[n] = broken[place % len(broken)]

        def sent():
            yield start(catalog="shop")
            for first in range(1, 10_001, 100):
                yield items(
                    *((n, at[n][0](n) if n in at else product(f"mug-{n}")) for n in range(first, first + 100))
                )

        told = await answers(ingest(sent()))

        results = acks(told)
        assert pb.IngestProductsResponse.Finished(stored=9900, refused=100) == told[-1].finished
        assert {f"mug-{n}" for n in range(1, 10_001) if n not in at} == set(rooms.index.products["shop"])
        errors = {n: from_status(each.error) for n, each in results.items() if each.HasField("error")}
        assert {n: (reason, field) for n, (_, reason, field) in at.items()} == {
            n: (error.reason, error.field) for n, error in errors.items()
        }

    async def test_a_stream_of_nothing_is_no_error(self, ingest):
        """Start, and the sum of nothing."""
        told = await answers(ingest([start()]))

        assert ["started", "finished"] == [each.WhichOneof("message") for each in told]


class TestResuming:
    async def test_another_stream_goes_on_after_the_token(self, ingest, rooms):
        """The token of the last acknowledgement says where."""
        told = await answers(ingest([start(catalog="shop"), mugs(1, 10)]))
        token = [each.acks.resume_token for each in told if each.HasField("acks")][-1]

        told = await answers(ingest([start(catalog="shop", resume_token=token), mugs(11, 12)]))

        assert 11 == told[0].started.next_sequence
        assert 12 == len(rooms.index.products["shop"])

    @pytest.mark.parametrize("token", ["forged", "é", "a.b", "x" * 512])
    async def test_a_forged_token_is_refused(self, ingest, token):
        """It was not made here."""
        error = await failure(ingest([start(resume_token=token)]))

        assert (Reason.RESUME_TOKEN_INVALID, "start.resume_token") == (error.reason, error.field)

    async def test_a_token_holds_for_its_catalogue(self, ingest, rooms):
        """That of another one is refused."""
        error = await failure(ingest([start(catalog="mine", resume_token=rooms.resumes.seal("other", 3))]))

        assert Reason.RESUME_TOKEN_INVALID == error.reason


class TestWrongStreams:
    @pytest.mark.parametrize(
        ("messages", "field"),
        [
            ([], "start"),
            ([mugs(1, 1)], "start"),
            ([start(), start()], "start"),
            ([start(catalog="No!")], "start.catalog"),
            ([start(), pb.IngestProductsRequest()], "message"),
            ([start(), items()], "items.items"),
            ([start(), mugs(1, 101)], "items.items"),
            ([start(), mugs(1, 2), mugs(2, 3)], "items.items[0].sequence"),
            ([start(), mugs(0, 0)], "items.items[0].sequence"),
            ([start(), mugs(-5, -5)], "items.items[0].sequence"),
        ],
    )
    async def test_what_is_wrong_is_named(self, ingest, messages, field):
        """INVALID_ARGUMENT with the field to blame."""
        error = await failure(ingest(messages))

        assert (Reason.FIELD_INVALID, field) == (error.reason, error.field)

    async def test_bytes_that_are_no_message_are_refused(self, stubs, rooms):
        """A text that is not UTF-8 is named; what came before is settled."""
        raw = items((2, product("mug-2"))).SerializeToString().replace(b"red mug", b"red \xff\xff\xff")
        call = stubs[1].IngestProducts
        untyped = grpc.aio.insecure_channel(rooms.address).stream_stream(call._method)
        error = await failure(untyped([start().SerializeToString(), mugs(1, 1).SerializeToString(), raw]))

        assert (Reason.INVALID_UTF8, "items.items[0].product.title") == (error.reason, error.field)
        assert ["mug-1"] == list(rooms.index.products["default"])

    async def test_one_stream_too_many_is_refused(self, ingest):
        """With a word on when to come again; a place is free when another stream ends."""
        open_ones = [ingest() for _ in range(2)]
        for call in open_ones:
            await call.write(start())
            await call.read()

        error = await failure(ingest([start()]))
        assert (Reason.OVERLOADED, 1000) == (error.reason, error.retry_after_ms)
        for call in open_ones:
            await call.done_writing()
            while await call.read() is not grpc.aio.EOF:
                pass

        assert 2 == len(await answers(ingest([start()])))


class TestEnds:
    async def test_a_silent_client_is_let_go(self, ingest):
        """Nothing was sent for longer than allowed."""
        call = ingest()
        await call.write(start())

        error = await failure(call)

        assert Reason.STREAM_STALLED == error.reason

    async def test_a_client_that_waits_for_us_is_not_silent(self, ingest, rooms, monkeypatch):
        """While its products are being written, it need not send anything."""
        write = rooms.index.write

        async def slow(*arguments):
            await asyncio.sleep(3 * QUICK.idle_s)
            return await write(*arguments)

        monkeypatch.setattr(rooms.index, "write", slow)
        call = ingest()
        await call.write(start())
        await call.write(mugs(1, 1))
        while not (told := await call.read()).HasField("acks"):
            pass
        await call.done_writing()

        assert 1 == told.acks.acks[0].sequence

    async def test_stopping_settles_what_was_taken(self, ingest, rooms):
        """The stream ends UNAVAILABLE after its acknowledgements; the token goes on from there, also for new streams."""
        call = ingest()
        await call.write(start(catalog="shop"))
        await call.write(mugs(1, 5))
        while not rooms.index.products.get("shop"):
            await asyncio.sleep(0.001)
        rooms.ingestion.stop()
        told = []

        async def listen():
            async for answer in call:
                told.append(answer)  # noqa: PERF401 - what came before the error counts

        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await listen()

        assert Reason.STOPPING == from_status(rpc_status.from_call(caught.value)).reason
        assert {1, 2, 3, 4, 5} == set(acks(told))
        assert 5 == rooms.resumes.open(told[-1].acks.resume_token, "shop")
        assert Reason.STOPPING == (await failure(ingest([start()]))).reason

    async def test_cancelling_ends_what_was_begun(self, ingest, rooms, monkeypatch):
        """No write of the stream goes on; another stream finds its place."""
        begun, ended = asyncio.Event(), asyncio.Event()

        async def forever(*_):
            begun.set()
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()

        monkeypatch.setattr(rooms.index, "write", forever)
        call = ingest()
        await call.write(start())
        await call.write(mugs(1, 1))
        await asyncio.wait_for(begun.wait(), 5)
        call.cancel()

        await asyncio.wait_for(ended.wait(), 5)

    async def test_a_client_that_reads_nothing_is_let_go(self, stubs, rooms, monkeypatch):
        """Its stream ends though it cannot be told yet; it learns why when it reads."""
        rooms.ingestion._limits = replace(QUICK, window_items=4000)
        channel = grpc.aio.insecure_channel(rooms.address, options=[("grpc.http2.bdp_probe", 0)])
        call = channel.stream_stream(
            stubs[1].IngestProducts._method,
            request_serializer=pb.IngestProductsRequest.SerializeToString,
            response_deserializer=pb.IngestProductsResponse.FromString,
        )()
        await call.write(start())
        long_id = "x" * 100
        for n in range(1, 3900, 100):
            await call.write(items(*((i, product(f"{long_id}{i}", "")) for i in range(n, n + 100))))
        async with asyncio.timeout(60):
            while rooms.ingestion._streams:
                await asyncio.sleep(0.01)
        error = await failure(call)
        await channel.close()

        assert Reason.STREAM_STALLED == error.reason


class TestTrouble:
    async def test_the_client_is_told_to_back_off(self, ingest, rooms, monkeypatch):
        """While a room is away; then its products are stored."""
        encode, away = rooms.encoder.encode, iter([1, 2])

        async def unsteady(*arguments, **options):
            for _ in away:
                raise Unavailable.because_of("encoder")
            return await encode(*arguments, **options)

        monkeypatch.setattr(rooms.encoder, "encode", unsteady)
        rooms.ingestion._limits = replace(QUICK, patience_s=10)

        told = await answers(ingest([start(), mugs(1, 3)]))

        back_offs = [each.back_off for each in told if each.HasField("back_off")]
        assert 2 == len(back_offs)
        assert Reason.DEPENDENCY_UNAVAILABLE == from_status(back_offs[0].reason).reason
        assert back_offs[0].delay.ToMilliseconds() > 0
        assert 3 == told[-1].finished.stored

    async def test_a_full_disk_ends_the_stream_with_its_reason(self, ingest, rooms, monkeypatch):
        """RESOURCE_EXHAUSTED, STORAGE_FULL, once patience is over; nothing is acknowledged."""

        async def full(*_):
            raise ResourceExhausted("Full.", reason=Reason.STORAGE_FULL)

        monkeypatch.setattr(rooms.index, "write", full)
        error = await failure(ingest([start(), mugs(1, 3)]))

        assert (ResourceExhausted, Reason.STORAGE_FULL) == (type(error), error.reason)


class TestTooLarge:
    @pytest.fixture
    def limits(self):
        """81 MiB take longer than a client may be silent elsewhere in these tests."""
        return Limits()

    async def test_a_message_beyond_the_server_s_bound_ends_the_stream(self, stubs, rooms):
        """gRPC refuses it unread; what came before may be stored, and nothing says that all is."""
        options = [("grpc.max_send_message_length", -1)]
        channel = grpc.aio.insecure_channel(rooms.address, options=options)
        call = channel.stream_stream(
            stubs[1].IngestProducts._method,
            request_serializer=pb.IngestProductsRequest.SerializeToString,
            response_deserializer=pb.IngestProductsResponse.FromString,
        )()
        big = product("big", images=[types_pb2.Media(data=bytes(81 * 1024 * 1024))])
        await call.write(start())
        await call.write(mugs(1, 3))
        await call.write(items((4, big)))
        await call.done_writing()

        told = []

        async def listen():
            while (answer := await call.read()) is not grpc.aio.EOF:
                told.append(answer.WhichOneof("message"))

        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await listen()
        assert grpc.StatusCode.RESOURCE_EXHAUSTED is caught.value.code()
        assert "finished" not in told
        while rooms.ingestion._streams:
            await asyncio.sleep(0.01)
        await channel.close()
