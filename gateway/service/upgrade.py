"""Model upgrades."""

from collections.abc import Awaitable, Callable

from gateway.core.access import current
from gateway.core.upgrade.conductor import Conductor
from gateway.core.upgrade.model import Upgrade
from gateway.service.context import Context
from gateway.translate import queries, upgrades
from triptych.v1 import upgrade_service_pb2 as pb
from triptych.v1 import upgrade_service_pb2_grpc as pb_grpc


class UpgradeService(pb_grpc.UpgradeServiceServicer):
    """triptych.v1.UpgradeService.

    Args:
        conductor: does what is asked.
        wake: has what is to be done after that begun at once.
    """

    def __init__(self, conductor: Conductor, wake: Callable[[], None]) -> None:
        self._conductor, self._wake = conductor, wake

    async def StartUpgrade(
        self, request: pb.StartUpgradeRequest, context: Context
    ) -> pb.StartUpgradeResponse:
        """Start an upgrade."""
        starting = self._conductor.start(catalog_of(request.catalog), upgrades.plan(request.plan))
        return pb.StartUpgradeResponse(upgrade=await self._moved(starting))

    async def GetUpgrade(self, request: pb.GetUpgradeRequest, context: Context) -> pb.GetUpgradeResponse:
        """Tell how an upgrade fares."""
        found = await self._conductor.get(catalog_of(request.catalog))
        return pb.GetUpgradeResponse(upgrade=upgrades.message(found))

    async def ListUpgrades(
        self, request: pb.ListUpgradesRequest, context: Context
    ) -> pb.ListUpgradesResponse:
        """Tell how all upgrades fare."""
        shown = [each for each in await self._conductor.all() if current.may_use(each.catalog)]
        return pb.ListUpgradesResponse(upgrades=[upgrades.message(each) for each in shown])

    async def SwitchUpgrade(
        self, request: pb.SwitchUpgradeRequest, context: Context
    ) -> pb.SwitchUpgradeResponse:
        """Let the new vectors serve."""
        switching = self._conductor.switch(catalog_of(request.catalog), force=request.force)
        return pb.SwitchUpgradeResponse(upgrade=await self._moved(switching))

    async def RollBackUpgrade(
        self, request: pb.RollBackUpgradeRequest, context: Context
    ) -> pb.RollBackUpgradeResponse:
        """Let the old vectors serve again."""
        rolling = self._conductor.roll_back(catalog_of(request.catalog), force=request.force)
        return pb.RollBackUpgradeResponse(upgrade=await self._moved(rolling))

    async def FinishUpgrade(
        self, request: pb.FinishUpgradeRequest, context: Context
    ) -> pb.FinishUpgradeResponse:
        """Remove the vectors that do not serve."""
        finishing = self._conductor.finish(catalog_of(request.catalog))
        return pb.FinishUpgradeResponse(upgrade=await self._moved(finishing))

    async def CancelUpgrade(
        self, request: pb.CancelUpgradeRequest, context: Context
    ) -> pb.CancelUpgradeResponse:
        """Remove the new vectors."""
        cancelling = self._conductor.cancel(catalog_of(request.catalog))
        return pb.CancelUpgradeResponse(upgrade=await self._moved(cancelling))

    async def _moved(self, moving: Awaitable[Upgrade]) -> pb.Upgrade:
        upgrade = await moving
        self._wake()
        return upgrades.message(upgrade)


def catalog_of(name: str) -> str:
    """Return the catalogue that a request names, or else the one that there always is."""
    return name or queries.CATALOG_DEFAULT
