"""Model upgrades, put together: rooms → what operators ask for, and the worker that goes on with it."""

from contextlib import AsyncExitStack

from gateway.adapters.products import PackedProducts
from gateway.core.upgrade.advancing import Advancer
from gateway.core.upgrade.backfill import Backfill
from gateway.core.upgrade.conductor import Conductor
from gateway.core.upgrade.encoding import Reencoder
from gateway.core.upgrade.model import Upgrade
from gateway.core.upgrade.notes import Notes
from gateway.core.upgrade.ports import Recorded
from gateway.core.upgrade.shadow import Shadow
from gateway.core.upgrade.worker import Worker
from gateway.main_rooms import OpenRooms
from gateway.metrics import UPGRADES
from gateway.service.upgrade import UpgradeService
from triptych.runtime.context import request
from triptych.runtime.logs import log
from triptych.vocabulary.errors import TriptychError

# As long as rooms work on a request at the most: 200 pictures take a minute where there is no GPU.
BACKFILL_PAGE_S = 120.0


def upgrade_service(stack: AsyncExitStack, rooms: OpenRooms, recorded: Recorded) -> UpgradeService:
    """Return what operators ask; the worker behind it begins now, and ends with *stack*."""
    store, packs, notes = rooms.generations, rooms.packs, Notes(rooms.generations)
    conductor = Conductor(store, packs, notes)
    backfill = Backfill(store, Reencoder(PackedProducts()), lambda: request(None, BACKFILL_PAGE_S))
    advancer = Advancer(conductor, notes, packs, backfill, Shadow(packs, rooms.search, recorded))
    worker = Worker(advancer, store, report, UPGRADES.keep)
    worker.start()
    stack.push_async_callback(worker.stop)
    return UpgradeService(conductor, worker.wake)


def report(upgrade: Upgrade, error: TriptychError | None) -> None:
    """Count how an upgrade fares, and log what keeps it from getting on."""
    UPGRADES.show(upgrade.catalog, upgrade.phase, upgrade.missing_count)
    if error is not None:
        UPGRADES.count_failure(error)
        log.warning("an upgrade does not get on", catalog=upgrade.catalog, why=error.message)
