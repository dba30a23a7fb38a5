"""Callers find replicas that come later, as a name of Kubernetes's DNS leads to them."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from triptych.internal.v1 import ranker_service_pb2 as pb
from triptych.internal.v1 import ranker_service_pb2_grpc as pb_grpc
from triptych.local.ports import free_ports
from triptych.runtime.channels import open_channel
from triptych.runtime.serve import Room, Service, serving
from triptych.runtime.settings import ServerSettings

REQUEST = pb.RankRequest(strategy=1, limit=1, candidates=[pb.Candidate(id="a", score=1)])
# Of a question for addresses (A, class IN); of its answer: no error; a name as in the question, A, IN, no time to live.
ASKS_ADDRESSES, ANSWERS, NOTHING_MORE = b"\0\1\0\1", b"\x81\x80", b"\0\0\0\0"
RECORD = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4"


@dataclass
class Names(asyncio.DatagramProtocol):
    """A DNS server: every name leads to *addresses*."""

    addresses: list[str]

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        question = data[12 : data.index(b"\0", 12) + 5]
        addresses = self.addresses if question.endswith(ASKS_ADDRESSES) else []
        records = b"".join(RECORD + bytes(map(int, each.split("."))) for each in addresses)
        counts = b"\0\1" + len(addresses).to_bytes(2, "big") + NOTHING_MORE
        self.transport.sendto(data[:2] + ANSWERS + counts + question + records, sender)


@dataclass
class Replica(pb_grpc.RankerServiceServicer):
    """A room at an address that notes when it is called."""

    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def Rank(self, request, context):
        self.called.set()
        return pb.RankResponse()

    def room(self) -> Room:
        service = Service(
            "triptych.internal.v1.RankerService", pb_grpc.add_RankerServiceServicer_to_server, self
        )
        return Room("test", (service,), nothing, nothing)


async def nothing() -> None:
    """A dependency that is always there."""


async def test_a_replica_that_comes_later_is_called():
    """The connection to the first one ends at its age, so that the name is asked again; no call fails by it."""
    (port,) = free_ports(1)
    old, new, names = Replica(), Replica(), Names(["127.0.0.1"])
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: names, local_addr=("127.0.0.1", 0)
    )
    dns = transport.get_extra_info("sockname")[1]

    async def listen(replica: Replica, host: str) -> None:
        settings = ServerSettings(host=host, port=port, drain_ms=0, connection_age_max_ms=500)
        await stack.enter_async_context(serving(replica.room(), settings))

    async with contextlib.AsyncExitStack() as stack:
        stack.callback(transport.close)
        await listen(old, "127.0.0.1")
        stub = pb_grpc.RankerServiceStub(
            await stack.enter_async_context(open_channel(f"dns://127.0.0.1:{dns}/ranker.test:{port}"))
        )
        await stub.Rank(REQUEST, timeout=20)
        await listen(new, "127.0.0.2")
        names.addresses.append("127.0.0.2")
        async with asyncio.timeout(60):
            while not new.called.is_set():
                await stub.Rank(REQUEST, timeout=20)

        assert old.called.is_set()


async def test_a_call_outlasts_the_connection_that_it_came_by():
    """A connection that has reached its age takes no new calls, and ends when its last one has ended."""
    calls = [asyncio.Event() for _ in range(2)]

    @dataclass
    class Slow(Replica):
        peers: list[str] = field(default_factory=list)

        async def Rank(self, request, context):
            self.peers.append(context.peer())
            if len(self.peers) == 1:
                calls[0].set()
                await calls[1].wait()
            return pb.RankResponse()

    slow = Slow()
    settings = ServerSettings(drain_ms=0, connection_age_max_ms=200)
    async with serving(slow.room(), settings) as running, open_channel(running.address) as channel:
        stub = pb_grpc.RankerServiceStub(channel)
        long = asyncio.ensure_future(stub.Rank(REQUEST, timeout=60))
        await calls[0].wait()
        async with asyncio.timeout(30):
            while len(set(slow.peers)) < 3:
                await stub.Rank(REQUEST, timeout=20)
        calls[1].set()

        assert pb.RankResponse() == await long
