"""Going on with upgrades in the background, one after the other, as long as no other gateway does."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection

from gateway.core.upgrade.advancing import Advancer
from gateway.core.upgrade.model import ENDED, Upgrade
from gateway.core.upgrade.notes import Notes
from gateway.core.upgrade.ports import GenerationStore
from triptych.vocabulary.errors import Internal, TriptychError

log = logging.getLogger(__name__)

# How soon a worker looks again whether there is something to do, and for how long it holds what it works on. Two that work
# on one upgrade do no harm but do everything twice, so that a gateway that died is waited for no longer than this.
TICK_S = 2.0
HOLD_S = 5.0

# Told of the upgrades that there are, and of what went wrong with one, None for nothing.
Report = Callable[[Upgrade, TriptychError | None], None]
# Told of all catalogues of which an upgrade is noted.
ReportKnown = Callable[[Collection[str]], None]


class Worker:
    """Works on all upgrades that are noted in *store*."""

    def __init__(
        self,
        advancer: Advancer,
        store: GenerationStore,
        report: Report,
        report_known: ReportKnown = lambda _: None,
        tick_s: float = TICK_S,
    ) -> None:
        self._advancer = advancer
        self._store = store
        self._notes = Notes(store)
        self._report = report
        self._report_known = report_known
        self._tick_s = tick_s
        self._task: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()

    def start(self) -> None:
        """Begin; to be called inside the running event loop."""
        self._task = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Look at once whether there is something to do."""
        self._woken.set()

    async def stop(self) -> None:
        """End; what was under way goes on where it was, here or elsewhere."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def once(self) -> None:
        """Do what there is to do."""
        upgrades = await self._store.upgrades()
        self._report_known({each.catalog for each in upgrades})
        for upgrade in upgrades:
            error = None
            if upgrade.phase not in ENDED and await self._store.hold(upgrade.catalog, HOLD_S):
                error = await self._work(upgrade)
            self._report(await self._notes.current(upgrade), error)

    async def _work(self, upgrade: Upgrade) -> TriptychError | None:
        catalog = upgrade.catalog
        beside = [asyncio.create_task(each) for each in (self._hold(catalog), self._tell(upgrade))]
        try:
            await self._advancer.work(catalog)
        except TriptychError as error:
            return error
        except Exception:
            # A fault of ours must neither end the worker nor keep the others from getting on; it is tried again.
            log.exception("the upgrade of %s met a fault", catalog)
            return Internal()
        finally:
            for each in beside:
                each.cancel()
        return None

    async def _hold(self, catalog: str) -> None:
        while True:
            await asyncio.sleep(HOLD_S / 3)
            with contextlib.suppress(TriptychError):
                await self._store.hold(catalog, HOLD_S)

    async def _tell(self, upgrade: Upgrade) -> None:
        """Tell how far it is: a pass over a large catalogue takes hours."""
        while True:
            await asyncio.sleep(self._tick_s)
            self._report(await self._notes.current(upgrade), None)

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                await self.once()
            except TriptychError:
                pass  # the search room may be away; whoever asks it hears that
            except Exception:
                log.exception("looking after upgrades failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._tick_s):
                    await self._woken.wait()
