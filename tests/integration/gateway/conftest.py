"""The gateway in front of the real search and ranker rooms, over real channels.

Vectors are in memory, words and fields in SQLite; the encoder and the fusion are fakes that read pictures as words.
"""

import asyncio
import contextlib
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "gateway"))

from fakes import FakeEncoder, FakeFuser

from gateway import main, main_rooms
from gateway.settings import GatewaySettings
from services.ranker.core.networks import NoRankingModel
from services.ranker.main import room_of as ranker_room_of
from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.sqlite.fields import SqliteFieldIndex
from services.search.adapters.sqlite.lexical import SqliteLexicalIndex
from services.search.adapters.sqlite.store import SqliteStore
from services.search.main import room_of as search_room_of
from triptych.runtime.channels import open_channel
from triptych.runtime.serve import Room, serving
from triptych.runtime.settings import ServerSettings
from triptych.v1.catalog_service_pb2_grpc import CatalogServiceStub
from triptych.v1.feedback_service_pb2_grpc import FeedbackServiceStub
from triptych.v1.maintenance_service_pb2_grpc import MaintenanceServiceStub
from triptych.v1.product_search_service_pb2_grpc import ProductSearchServiceStub
from triptych.v1.upgrade_service_pb2_grpc import UpgradeServiceStub


async def nothing():
    """Every dependency is there."""


@dataclass(frozen=True)
class Stubs:
    """The public services of a gateway."""

    search: ProductSearchServiceStub
    catalog: CatalogServiceStub
    feedback: FeedbackServiceStub
    maintenance: MaintenanceServiceStub
    upgrades: UpgradeServiceStub
    address: str
    room: Room


@pytest.fixture(scope="session")
async def replica(tmp_path_factory):
    """Start a gateway with more settings; all of them stand before the same rooms."""
    settings = ServerSettings(drain_ms=0)
    folder = tmp_path_factory.mktemp("gateway")
    async with contextlib.AsyncExitStack() as stack:
        store = SqliteStore(folder / "words.db")
        stack.push_async_callback(store.close)
        search, ranker = [
            await stack.enter_async_context(serving(room, settings))
            for room in (
                search_room_of(InMemoryIndex(), SqliteLexicalIndex(store), SqliteFieldIndex(store)),
                ranker_room_of(NoRankingModel()),
            )
        ]
        for running in (search, ranker):
            async with open_channel(running.address) as channel, asyncio.timeout(10):
                await channel.channel_ready()
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(main_rooms, "EncoderRoom", lambda _: FakeEncoder())
        patch.setattr(main_rooms, "FusionRoom", lambda _: FakeFuser())
        rooms = {"search": search.address, "ranker": ranker.address, "events_path": folder / "events.db"}

        async def start(**more) -> Stubs:
            room = main.build(stack, GatewaySettings(**rooms, **more))
            ready = replace(room, warm_up=nothing, check=nothing)
            gateway = await stack.enter_async_context(serving(ready, settings))
            channel = await stack.enter_async_context(open_channel(gateway.address))
            return Stubs(
                ProductSearchServiceStub(channel),
                CatalogServiceStub(channel),
                FeedbackServiceStub(channel),
                MaintenanceServiceStub(channel),
                UpgradeServiceStub(channel),
                gateway.address,
                ready,
            )

        yield start


@pytest.fixture(scope="session")
async def stubs(replica) -> Stubs:
    """The services of a gateway as it is by default."""
    return await replica()
