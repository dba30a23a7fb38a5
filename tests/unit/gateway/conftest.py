"""A gateway whose rooms are fakes, behind a real server."""

import contextlib
import sys
from pathlib import Path
from unittest.mock import MagicMock

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import fakes

from gateway.adapters.attributions import SealedAttributions
from gateway.adapters.chains import SealedChains
from gateway.adapters.cursors import SealedCursors
from gateway.adapters.products import PackedProducts
from gateway.adapters.resuming import SealedResumes
from gateway.core.catalog import Catalog
from gateway.core.clock import Ahead
from gateway.core.feedback.shown import ShownAnswers
from gateway.core.ingest.model import Limits
from gateway.core.keeping import Keeping
from gateway.core.listening import Listener
from gateway.core.planning import PlannedWrites
from gateway.core.ranking import Ranking
from gateway.core.recognise import Recogniser
from gateway.core.recommend.recommender import Recommender
from gateway.core.search import ProductSearch
from gateway.core.updating import Writes
from gateway.core.vocabulary import Vocabularies
from gateway.service.catalog import CatalogService
from gateway.service.ingest import Ingestion
from gateway.service.search import ProductSearchService
from triptych.runtime import serve
from triptych.runtime.channels import open_channel
from triptych.runtime.serve import Room, Service, serving
from triptych.runtime.settings import ServerSettings
from triptych.v1 import catalog_service_pb2_grpc, product_search_service_pb2_grpc

NOW_S = 1_800_000_000.0
PAGE_TOKEN_S = 1800.0


class FakeRooms:
    """The four rooms, and the core on top of them."""

    def __init__(self):
        self.encoder, self.fuser = fakes.FakeEncoder(), fakes.FakeFuser()
        self.index, self.ranker = fakes.FakeIndex(), fakes.FakeRanker()
        self.ranking = Ranking(self.ranker, PackedProducts(now=lambda: NOW_S))
        self.now_s = NOW_S
        self.chains = SealedChains("a key of at least 32 characters!!", PAGE_TOKEN_S, now=lambda: self.now_s)
        self.listener = Listener(self.encoder, Vocabularies(self.index))
        self.search = ProductSearch(
            self.encoder, self.fuser, self.index, self.ranking, self.chains, self.listener
        )
        self.recogniser = Recogniser(self.encoder, self.index, PackedProducts())
        self.recommender = Recommender(self.index, self.ranker, self.ranking.reader, now=lambda: self.now_s)
        self.attributions = SealedAttributions("a key of at least 32 characters!!")
        self.shown = ShownAnswers(self.attributions, self.ranking.reader, now=lambda: self.now_s)
        ahead = Ahead(24, lambda: self.now_s)
        self.catalog = Catalog(self.encoder, self.fuser, self.index, PackedProducts(), ahead)
        planned = PlannedWrites(self.encoder, self.fuser, self.index, PackedProducts(), PackedProducts())
        self.writes = Writes(self.index, self.catalog, planned)
        self.served = ProductSearchService(
            self.search,
            self.encoder,
            self.chains,
            self.recogniser,
            self.recommender,
            self.shown,
            self.index,
        )
        self.resumes = SealedResumes("a key of at least 32 characters!!")
        self.ingestion = Ingestion(self.writes, self.resumes, Limits(), streams_max=2)
        cursors = SealedCursors("a key of at least 32 characters!!")
        self.keeping = Keeping(self.encoder, self.fuser, self.index, MagicMock(), cursors)


@pytest.fixture
def rooms():
    return FakeRooms()


@pytest.fixture
def no_metrics(monkeypatch):
    """Leave out the server of metrics, which takes half a second to stop; tests/unit/triptych/runtime have one."""
    monkeypatch.setattr(serve, "start_http_server", lambda *_, **__: (MagicMock(server_port=0), MagicMock()))


@pytest.fixture
async def stubs(rooms, no_metrics):
    """The public services over a real channel: (search stub, catalogue stub)."""

    async def nothing():
        """Every dependency is there."""

    room = Room(
        "gateway",
        (
            Service(
                "triptych.v1.ProductSearchService",
                product_search_service_pb2_grpc.add_ProductSearchServiceServicer_to_server,
                rooms.served,
            ),
            Service(
                "triptych.v1.CatalogService",
                catalog_service_pb2_grpc.add_CatalogServiceServicer_to_server,
                CatalogService(rooms.catalog, rooms.writes, rooms.keeping, rooms.ingestion),
            ),
        ),
        nothing,
        nothing,
        rooms.ingestion.stop,
    )
    async with contextlib.AsyncExitStack() as stack:
        running = await stack.enter_async_context(serving(room, ServerSettings(drain_ms=0)))
        rooms.address = running.address
        channel = await stack.enter_async_context(open_channel(running.address))
        yield (
            product_search_service_pb2_grpc.ProductSearchServiceStub(channel),
            catalog_service_pb2_grpc.CatalogServiceStub(channel),
        )
