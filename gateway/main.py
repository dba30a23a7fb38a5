"""The gateway: settings → rooms, tokens, events → core → services → serve.

What takes a few lines of its own stands beside it: main_rooms.py, main_tokens.py, main_upgrades.py, main_access.py.
"""

import time
from contextlib import AsyncExitStack

from gateway.adapters.events import SqliteEvents
from gateway.adapters.products import PackedProducts
from gateway.adapters.recorded_queries import RecordedQueries
from gateway.core.catalog import Catalog
from gateway.core.clock import Ahead
from gateway.core.feedback.recording import Feedback
from gateway.core.feedback.shown import ShownAnswers
from gateway.core.ingest.model import Limits
from gateway.core.keeping import Keeping
from gateway.core.listening import Listener
from gateway.core.pacing.pace import Pacing
from gateway.core.planning import PlannedWrites
from gateway.core.ranking import Ranking
from gateway.core.recognise import Recogniser
from gateway.core.recommend.recommender import Recommender
from gateway.core.search import ProductSearch
from gateway.core.sweeping import Sweeping
from gateway.core.transfer import Transfer
from gateway.core.upgrade.recorder import Recorder
from gateway.core.upgrade.routed import RoutedRecogniser, RoutedRecommender, RoutedSearch, RoutedWrites
from gateway.core.vocabulary import Vocabularies
from gateway.main_access import gate_of
from gateway.main_rooms import OpenRooms, open_rooms
from gateway.main_tokens import Tokens, tokens_of
from gateway.main_upgrades import upgrade_service
from gateway.service.catalog import CatalogService
from gateway.service.feedback import FeedbackService
from gateway.service.ingest import Ingestion
from gateway.service.maintenance import MaintenanceService
from gateway.service.search import ProductSearchService
from gateway.settings import GatewaySettings
from gateway.turnstiles import turnstiles
from triptych.runtime.context import remaining_s
from triptych.runtime.gate import Gates
from triptych.runtime.serve import Room, Service, run
from triptych.runtime.stores import watch_store
from triptych.v1 import (
    catalog_service_pb2_grpc,
    feedback_service_pb2_grpc,
    maintenance_service_pb2_grpc,
    product_search_service_pb2_grpc,
    upgrade_service_pb2_grpc,
)


def build(stack: AsyncExitStack, settings: GatewaySettings) -> Room:
    """Return the gateway; what it opens closes with *stack*."""
    rooms, tokens = open_rooms(stack, settings), tokens_of(settings)
    events = events_of(stack, settings)
    recorded = RecordedQueries(events)
    catalog, writes = catalog_of(settings, rooms)
    keeping = Keeping(rooms.encoder, rooms.fusion, rooms.catalogs, events, tokens.cursors)
    ingestion = Ingestion(writes, tokens.resumes, ingest_limits(settings), settings.ingest_streams_max)
    return Room(
        name="gateway",
        services=(
            Service(
                "triptych.v1.ProductSearchService",
                product_search_service_pb2_grpc.add_ProductSearchServiceServicer_to_server,
                search_service(settings, rooms, tokens, recorded),
            ),
            Service(
                "triptych.v1.CatalogService",
                catalog_service_pb2_grpc.add_CatalogServiceServicer_to_server,
                CatalogService(catalog, writes, keeping, ingestion),
            ),
            Service(
                "triptych.v1.MaintenanceService",
                maintenance_service_pb2_grpc.add_MaintenanceServiceServicer_to_server,
                MaintenanceService(
                    keeping,
                    Transfer(rooms.catalogs, rooms.search, tokens.cursors),
                    Sweeping(rooms.catalogs, rooms.media, PackedProducts(), tokens.cursors),
                ),
            ),
            Service(
                "triptych.v1.UpgradeService",
                upgrade_service_pb2_grpc.add_UpgradeServiceServicer_to_server,
                upgrade_service(stack, rooms, recorded),
            ),
            Service(
                "triptych.v1.FeedbackService",
                feedback_service_pb2_grpc.add_FeedbackServiceServicer_to_server,
                FeedbackService(Feedback(tokens.attributions, events)),
            ),
        ),
        warm_up=rooms.health.check,
        check=rooms.health.check,
        stop=ingestion.stop,
        gate=Gates([gate_of(settings, stack), turnstiles(settings)]),
    )


def search_service(
    settings: GatewaySettings, rooms: OpenRooms, tokens: Tokens, recorded: RecordedQueries
) -> ProductSearchService:
    """Return what searches, completes, recognises and recommends."""
    reader = PackedProducts()
    search = ProductSearch(
        rooms.encoder,
        rooms.fusion,
        rooms.search,
        Ranking(rooms.ranker, reader),
        tokens.chains,
        Listener(rooms.encoder, Vocabularies(rooms.search), settings.words_alone_confidence),
        Pacing(remaining_s=remaining_s),
    )
    return ProductSearchService(
        RoutedSearch(search, rooms.packs),
        rooms.encoder,
        tokens.chains,
        RoutedRecogniser(Recogniser(rooms.encoder, rooms.search, reader), rooms.packs),
        RoutedRecommender(Recommender(rooms.search, rooms.ranker, reader), rooms.packs),
        ShownAnswers(tokens.attributions, reader),
        rooms.search,
        Recorder(recorded, settings.query_recording_share),
    )


def catalog_of(settings: GatewaySettings, rooms: OpenRooms) -> tuple[Catalog, RoutedWrites]:
    """Return what keeps the products of catalogues, and what writes them by the pack that serves each."""
    packed, ahead = PackedProducts(), Ahead(settings.update_time_ahead_hours, time.time)
    catalog = Catalog(rooms.encoder, rooms.fusion, rooms.search, packed, ahead)
    planned = PlannedWrites(rooms.encoder, rooms.fusion, rooms.search, packed, packed)
    return catalog, RoutedWrites(rooms.search, catalog, planned, rooms.packs)


def events_of(stack: AsyncExitStack, settings: GatewaySettings) -> SqliteEvents:
    """Return the file of what customers did; it closes with *stack*."""
    events = SqliteEvents(settings.events_path, settings.events_bytes_max)
    stack.push_async_callback(events.close)
    watch_store("events", settings.events_path, limit_bytes=settings.events_bytes_max)
    return events


def ingest_limits(settings: GatewaySettings) -> Limits:
    """Return the bounds of one stream of products."""
    return Limits(
        window_items=settings.ingest_window_items,
        window_bytes=settings.ingest_window_bytes,
        batch_items=settings.ingest_batch_items,
        batch_bytes=settings.ingest_batch_bytes,
        batches=settings.ingest_batches,
        linger_s=settings.ingest_linger_ms / 1e3,
        batch_s=settings.ingest_batch_ms / 1e3,
        patience_s=settings.ingest_patience_ms / 1e3,
        idle_s=settings.ingest_idle_ms / 1e3,
        unread_s=settings.ingest_unread_ms / 1e3,
    )


def main() -> None:
    """Serve with the settings of the environment."""
    run("gateway", GatewaySettings, build)


if __name__ == "__main__":
    main()
