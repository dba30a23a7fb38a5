"""The gateway: settings → channels to the rooms → core → services → serve."""

import secrets
import time
from contextlib import AsyncExitStack

import grpc

from gateway.adapters.attributions import SealedAttributions
from gateway.adapters.catalogs import CatalogRoom
from gateway.adapters.chains import SealedChains
from gateway.adapters.cursors import SealedCursors
from gateway.adapters.encoder import EncoderRoom
from gateway.adapters.events import SqliteEvents
from gateway.adapters.fusion import FusionRoom
from gateway.adapters.generations import GenerationRoom
from gateway.adapters.health import Rooms
from gateway.adapters.media import MediaRoom
from gateway.adapters.products import PackedProducts
from gateway.adapters.ranker import RankerRoom
from gateway.adapters.recorded_queries import RecordedQueries
from gateway.adapters.resuming import SealedResumes
from gateway.adapters.search import SearchRoom
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
from gateway.core.upgrade.advancing import Advancer
from gateway.core.upgrade.backfill import Backfill
from gateway.core.upgrade.conductor import Conductor
from gateway.core.upgrade.encoding import Reencoder, WritingBeside
from gateway.core.upgrade.model import Pair, Upgrade
from gateway.core.upgrade.notes import Notes
from gateway.core.upgrade.packs import Packs
from gateway.core.upgrade.ports import PackDescriber
from gateway.core.upgrade.recorder import Recorder
from gateway.core.upgrade.routed import RoutedRecogniser, RoutedSearch, RoutedWrites
from gateway.core.upgrade.shadow import Shadow
from gateway.core.upgrade.worker import Worker
from gateway.core.vocabulary import Vocabularies
from gateway.main_access import gate_of
from gateway.metrics import UPGRADES
from gateway.service.catalog import CatalogService
from gateway.service.feedback import FeedbackService
from gateway.service.ingest import Ingestion
from gateway.service.maintenance import MaintenanceService
from gateway.service.search import ProductSearchService
from gateway.service.upgrade import UpgradeService
from gateway.settings import TOKEN_KEY_CHARACTERS_MIN, GatewaySettings
from gateway.turnstiles import turnstiles
from triptych.runtime.channels import open_channel
from triptych.runtime.context import remaining_s, request
from triptych.runtime.gate import Gates
from triptych.runtime.logs import log
from triptych.runtime.serve import Room, Service, run
from triptych.runtime.stores import watch_store
from triptych.v1 import (
    catalog_service_pb2_grpc,
    feedback_service_pb2_grpc,
    maintenance_service_pb2_grpc,
    product_search_service_pb2_grpc,
    upgrade_service_pb2_grpc,
)
from triptych.vocabulary.errors import TriptychError

# As long as rooms work on a request at the most: 200 pictures take a minute where there is no GPU.
BACKFILL_PAGE_S = 120.0


def build(stack: AsyncExitStack, settings: GatewaySettings) -> Room:
    """Return the gateway; its channels close with *stack*."""

    def channel(address: str) -> grpc.aio.Channel:
        opened = open_channel(address, settings.rooms_tls)
        stack.push_async_callback(opened.close)
        return opened

    encoder, fusion = channel(settings.encoder), channel(settings.fusion)
    search, ranker = channel(settings.search), channel(settings.ranker)
    rooms = Rooms(
        {
            "encoder": (encoder, "triptych.internal.v1.EncoderService"),
            "fusion": (fusion, "triptych.internal.v1.FusionService"),
            "search": (search, "triptych.internal.v1.SearchService"),
            "ranker": (ranker, "triptych.internal.v1.RankerService"),
        }
    )
    ranker_room, reader = RankerRoom(ranker), PackedProducts()
    key, accepted = token_key(settings), [each.get_secret_value() for each in settings.token_keys_accepted]
    chains = SealedChains(key, settings.page_token_minutes * 60, accepted=accepted)
    attributions = SealedAttributions(key, accepted)
    events = SqliteEvents(settings.events_path, settings.events_bytes_max)
    stack.push_async_callback(events.close)
    watch_store("events", settings.events_path, limit_bytes=settings.events_bytes_max)
    encoder_room, fusion_room, generations = EncoderRoom(encoder), FusionRoom(fusion), GenerationRoom(search)
    pairs: dict[Pair, PackDescriber] = {Pair(encoder_room, fusion_room): fusion_room}
    if settings.encoder_next:
        next_fusion = FusionRoom(channel(settings.fusion_next))
        pairs[Pair(EncoderRoom(channel(settings.encoder_next)), next_fusion)] = next_fusion
    packs, reencoder = Packs(pairs, generations), Reencoder(reader)
    search_room = SearchRoom(search, WritingBeside(packs, reencoder, remaining_s).beside)
    ahead = Ahead(settings.update_time_ahead_hours, time.time)
    catalog = Catalog(encoder_room, fusion_room, search_room, reader, ahead)
    planned = PlannedWrites(encoder_room, fusion_room, search_room, reader, reader)
    writes = RoutedWrites(search_room, catalog, planned, packs)
    recorded = RecordedQueries(events)
    notes = Notes(generations)
    conductor = Conductor(generations, packs, notes)
    backfill = Backfill(generations, reencoder, lambda: request(None, BACKFILL_PAGE_S))
    advancer = Advancer(conductor, notes, packs, backfill, Shadow(packs, search_room, recorded))
    worker = Worker(advancer, generations, report_upgrade, UPGRADES.keep)
    worker.start()
    stack.push_async_callback(worker.stop)
    ingestion = Ingestion(
        writes, SealedResumes(key, accepted), ingest_limits(settings), settings.ingest_streams_max
    )
    cursors = SealedCursors(key, accepted)
    keeping = Keeping(encoder_room, fusion_room, CatalogRoom(search), events, cursors)
    return Room(
        name="gateway",
        services=(
            Service(
                "triptych.v1.ProductSearchService",
                product_search_service_pb2_grpc.add_ProductSearchServiceServicer_to_server,
                ProductSearchService(
                    RoutedSearch(
                        ProductSearch(
                            encoder_room,
                            fusion_room,
                            search_room,
                            Ranking(ranker_room, reader),
                            chains,
                            Listener(
                                encoder_room, Vocabularies(search_room), settings.words_alone_confidence
                            ),
                            Pacing(remaining_s=remaining_s),
                        ),
                        packs,
                    ),
                    encoder_room,
                    chains,
                    RoutedRecogniser(Recogniser(encoder_room, search_room, reader), packs),
                    Recommender(search_room, ranker_room, reader),
                    ShownAnswers(attributions, reader),
                    search_room,
                    Recorder(recorded, settings.query_recording_share),
                ),
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
                    Transfer(keeping.store, search_room, cursors),
                    Sweeping(keeping.store, MediaRoom(encoder), reader, cursors),
                ),
            ),
            Service(
                "triptych.v1.UpgradeService",
                upgrade_service_pb2_grpc.add_UpgradeServiceServicer_to_server,
                UpgradeService(conductor, worker.wake),
            ),
            Service(
                "triptych.v1.FeedbackService",
                feedback_service_pb2_grpc.add_FeedbackServiceServicer_to_server,
                FeedbackService(Feedback(attributions, events)),
            ),
        ),
        warm_up=rooms.check,
        check=rooms.check,
        stop=ingestion.stop,
        gate=Gates([gate_of(settings, stack), turnstiles(settings)]),
    )


def report_upgrade(upgrade: Upgrade, error: TriptychError | None) -> None:
    """Count how an upgrade fares, and log what keeps it from getting on."""
    UPGRADES.show(upgrade.catalog, upgrade.phase, upgrade.missing_count)
    if error is not None:
        UPGRADES.count_failure(error)
        log.warning("an upgrade does not get on", catalog=upgrade.catalog, why=error.message)


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


def token_key(settings: GatewaySettings) -> str:
    """Return the key by which tokens are signed; where none is set, one of this process alone."""
    key = settings.token_key.get_secret_value()
    if not key:
        log.warning("no_token_key", hint="tokens end with this process; set TRIPTYCH_GATEWAY_TOKEN_KEY")
    return key or secrets.token_urlsafe(TOKEN_KEY_CHARACTERS_MIN)


def main() -> None:
    """Serve with the settings of the environment."""
    run("gateway", GatewaySettings, build)


if __name__ == "__main__":
    main()
