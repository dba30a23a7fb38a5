"""Two shops share a suite behind TLS: gateway, search and ranker on real sockets, each with a certificate of its own.

What is asked passes TLS with the public certificate, the gate with a key, and mutual TLS to the rooms.
"""

import asyncio
import contextlib
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
from fakes import FakeEncoder, FakeFuser
from grpc_status import rpc_status

from gateway import main, main_rooms
from gateway.settings import GatewaySettings
from services.ranker.core.networks import NoRankingModel
from services.ranker.main import room_of as ranker_room_of
from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.sqlite.fields import SqliteFieldIndex
from services.search.adapters.sqlite.lexical import SqliteLexicalIndex
from services.search.adapters.sqlite.store import SqliteStore
from services.search.main import room_of as search_room_of
from tests.certificates import Authority, take_over
from triptych import keyring
from triptych.runtime.channels import open_channel
from triptych.runtime.errors import from_status
from triptych.runtime.security.tls import TlsFiles
from triptych.runtime.serve import serving
from triptych.runtime.settings import ServerSettings
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import feedback_service_pb2 as feedback_pb
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import types_pb2
from triptych.v1.catalog_service_pb2_grpc import CatalogServiceStub
from triptych.v1.feedback_service_pb2_grpc import FeedbackServiceStub
from triptych.v1.product_search_service_pb2_grpc import ProductSearchServiceStub
from triptych.vocabulary.errors import Reason


@dataclass(frozen=True)
class Suite:
    """A suite of two shops."""

    address: str
    search_address: str
    public: Authority
    rooms: Authority
    search_files: TlsFiles
    gateway_files: TlsFiles
    folder: Path

    def key(self, *catalogs: str, role: str = "admin") -> str:
        """Return a new key."""
        key_id, key = keyring.new_key()
        made = keyring.Key(
            id=key_id,
            name="a test",
            sha256=keyring.digest(key),
            roles=(role,),
            catalogs=catalogs,
            created=datetime.now(UTC),
        )
        keyring.add(self.folder / "keys.json", made)
        return key


@dataclass(frozen=True)
class Shop:
    """A client with a key."""

    channel: grpc.aio.Channel
    key: str
    catalog: str

    async def ask(self, stub, rpc: str, request):
        """Call *rpc* with the key."""
        method = getattr(stub(self.channel), rpc)
        return await method(request, metadata=(("authorization", f"Bearer {self.key}"),), timeout=20)

    async def store(self, *ids: str) -> None:
        """Store red mugs."""
        products = [types_pb2.Product(id=each, title=f"red mug {each}") for each in ids]
        request = catalog_pb.UpsertProductsRequest(catalog=self.catalog, products=products)
        response = await self.ask(CatalogServiceStub, "UpsertProducts", request)
        assert not any(each.HasField("error") for each in response.results)

    async def find(self, catalog: str = "") -> search_pb.SearchProductsResponse:
        """Search for red mugs."""
        request = search_pb.SearchProductsRequest(
            catalog=catalog or self.catalog, parts=[search_pb.QueryPart(text="red mug")]
        )
        return await self.ask(ProductSearchServiceStub, "SearchProducts", request)


def told(files: TlsFiles, **more) -> dict[str, object]:
    return {"tls_cert": files.cert, "tls_key": files.key, "drain_ms": 0, **more}


@pytest.fixture(scope="module")
async def suite(tmp_path_factory):
    """A suite that asks for keys, with TLS everywhere."""
    folder = tmp_path_factory.mktemp("tls")
    public, inside = Authority(folder / "public"), Authority(folder / "inside")
    (folder / "keys.json").write_text("{}")
    async with contextlib.AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(main_rooms, "EncoderRoom", lambda _: FakeEncoder())
        patch.setattr(main_rooms, "FusionRoom", lambda _: FakeFuser())
        store = SqliteStore(folder / "words.db")
        stack.push_async_callback(store.close)
        search_room = search_room_of(InMemoryIndex(), SqliteLexicalIndex(store), SqliteFieldIndex(store))
        started, files = {}, {}
        for name, room in (("search", search_room), ("ranker", ranker_room_of(NoRankingModel()))):
            files[name] = inside.issue("127.0.0.1", file=name)
            settings = ServerSettings(**told(files[name], tls_client_ca=inside.ca, tls_callers=("gateway",)))
            started[name] = (await stack.enter_async_context(serving(room, settings))).address
        mine = inside.issue("gateway")
        for address in started.values():
            async with open_channel(address, mine) as channel, asyncio.timeout(10):
                await channel.channel_ready()
        settings = GatewaySettings(
            **told(public.issue("127.0.0.1", file="public")),
            **started,
            rooms_tls_ca=mine.ca,
            rooms_tls_cert=mine.cert,
            rooms_tls_key=mine.key,
            keys_file=str(folder / "keys.json"),
            events_path=folder / "events.db",
            port=0,
            metrics_port=0,
        )
        room = replace(main.build(stack, settings), warm_up=nothing, check=nothing)
        running = await stack.enter_async_context(serving(room, settings))
        yield Suite(running.address, started["search"], public, inside, files["search"], mine, folder)


async def nothing():
    """Every dependency is there."""


@pytest.fixture
async def shops(suite):
    """Two shops with products, each with a key for its own catalogue."""
    async with open_channel(suite.address, TlsFiles(ca=suite.public.ca)) as channel:
        names = [f"{letter}{uuid.uuid4().hex[:12]}" for letter in "mt"]
        mine, theirs = (Shop(channel, suite.key(name), name) for name in names)
        await mine.store("m1", "m2")
        await theirs.store("t1", "t2")
        yield mine, theirs


async def refusal(rpc) -> Reason:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rpc
    return from_status(rpc_status.from_call(caught.value)).reason


async def test_each_shop_searches_its_own(shops):
    """And is refused at the other's, as at one that nobody has."""
    mine, theirs = shops

    assert {"m1", "m2"} == {each.product.id for each in (await mine.find()).results}
    assert Reason.CATALOG_NOT_ALLOWED is await refusal(mine.find(theirs.catalog))
    assert Reason.CATALOG_NOT_ALLOWED is await refusal(mine.find("nobodys"))


async def test_each_shop_lists_its_own(shops, suite):
    """In the list of catalogues stands nothing else, with and without pages; whoever has all of them sees all."""
    mine, theirs = shops
    everywhere = Shop(mine.channel, suite.key("*"), "")
    both = Shop(mine.channel, suite.key(mine.catalog, theirs.catalog), "")

    async def listed(shop, page_size=0) -> list[str]:
        names, token = [], ""
        while True:
            request = catalog_pb.ListCatalogsRequest(page_size=page_size, page_token=token)
            page = await shop.ask(CatalogServiceStub, "ListCatalogs", request)
            names += [each.catalog for each in page.catalogs]
            token = page.next_page_token
            if not token:
                return names

    assert [mine.catalog] == await listed(mine, page_size=1)
    assert sorted([mine.catalog, theirs.catalog]) == await listed(both, page_size=1)
    assert {mine.catalog, theirs.catalog} <= set(await listed(everywhere))


async def test_events_of_the_others_answers_are_refused_one_by_one(shops):
    """An attribution token that came into wrong hands records nothing; our own beside it is recorded."""
    mine, theirs = shops
    events = []
    for shop in (mine, theirs):
        found = await shop.find()
        events.append(
            feedback_pb.ShownEvent(
                attribution_token=found.attribution_token,
                event_id=uuid.uuid4().hex,
                product_id=found.results[0].product.id,
                type=types_pb2.EVENT_TYPE_CLICKED,
            )
        )

    request = feedback_pb.RecordEventsRequest(events=events)
    response = await mine.ask(FeedbackServiceStub, "RecordEvents", request)

    codes = [each.code for each in response.outcomes]
    assert [0, grpc.StatusCode.PERMISSION_DENIED.value[0]] == codes
    assert Reason.CATALOG_NOT_ALLOWED is from_status(response.outcomes[1]).reason


async def test_the_rooms_let_nobody_in_but_the_gateway(suite):
    """Not a plain client, not one of the suite with another name, and not with the public CA."""
    request = catalog_pb.ListCatalogsRequest()

    async def knock(tls: TlsFiles) -> grpc.StatusCode:
        async with open_channel(suite.search_address, tls) as channel:
            method = channel.unary_unary("/triptych.internal.v1.SearchService/ListCatalogs")
            try:
                await method(request.SerializeToString(), timeout=5)
            except grpc.aio.AioRpcError as error:
                return error.code()
            return grpc.StatusCode.OK

    assert grpc.StatusCode.UNAVAILABLE is await knock(TlsFiles())
    assert grpc.StatusCode.PERMISSION_DENIED is await knock(suite.rooms.issue("ranker"))
    assert grpc.StatusCode.UNAVAILABLE is await knock(
        replace(suite.public.issue("gateway"), ca=suite.rooms.ca)
    )


async def test_certificates_of_the_rooms_are_renewed_while_a_stream_is_open(shops, suite, tmp_path):
    """By another CA, on both sides: no search fails, and the stream goes on."""
    mine, _ = shops
    method = CatalogServiceStub(mine.channel).IngestProducts
    stream = method(metadata=(("x-api-key", mine.key),))
    await stream.write(catalog_pb.IngestProductsRequest(start={"catalog": mine.catalog}))
    acked = aiter(stream)
    assert (await anext(acked)).HasField("started")

    async def stored(sequence: int) -> None:
        product = types_pb2.Product(id=f"s{sequence}", title="red mug")
        items = {"items": [{"sequence": sequence, "product": product}]}
        await stream.write(catalog_pb.IngestProductsRequest(items=items))
        (ack,) = (await anext(acked)).acks.acks
        assert not ack.result.HasField("error")

    await stored(1)
    fresh = Authority(tmp_path)
    take_over(suite.search_files, fresh.issue("127.0.0.1"))
    take_over(suite.gateway_files, fresh.issue("gateway"))
    assert {"m1", "m2"} <= {each.product.id for each in (await mine.find()).results}
    await stored(2)
    await stream.done_writing()
    assert (await anext(acked)).HasField("finished")
