"""Model upgrades."""

from gateway.core.upgrade.conductor import Conductor
from gateway.service.context import Context
from gateway.translate import queries, upgrades
from triptych.v1 import upgrade_service_pb2 as pb
from triptych.v1 import upgrade_service_pb2_grpc as pb_grpc


class UpgradeService(pb_grpc.UpgradeServiceServicer):
    """triptych.v1.UpgradeService."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor

    async def StartUpgrade(
        self, request: pb.StartUpgradeRequest, context: Context
    ) -> pb.StartUpgradeResponse:
        """Start an upgrade."""
        started = await self._conductor.start(
            request.catalog or queries.CATALOG_DEFAULT, upgrades.plan(request.plan)
        )
        return pb.StartUpgradeResponse(upgrade=upgrades.message(started))

    async def GetUpgrade(self, request: pb.GetUpgradeRequest, context: Context) -> pb.GetUpgradeResponse:
        """Tell how an upgrade fares."""
        found = await self._conductor.get(request.catalog or queries.CATALOG_DEFAULT)
        return pb.GetUpgradeResponse(upgrade=upgrades.message(found))

    async def ListUpgrades(
        self, request: pb.ListUpgradesRequest, context: Context
    ) -> pb.ListUpgradesResponse:
        """Tell how all upgrades fare."""
        return pb.ListUpgradesResponse(
            upgrades=[upgrades.message(each) for each in await self._conductor.all()]
        )

    async def SwitchUpgrade(
        self, request: pb.SwitchUpgradeRequest, context: Context
    ) -> pb.SwitchUpgradeResponse:
        """Let the new vectors serve."""
        switched = await self._conductor.switch(
            request.catalog or queries.CATALOG_DEFAULT, force=request.force
        )
        return pb.SwitchUpgradeResponse(upgrade=upgrades.message(switched))

    async def RollBackUpgrade(
        self, request: pb.RollBackUpgradeRequest, context: Context
    ) -> pb.RollBackUpgradeResponse:
        """Let the old vectors serve again."""
        back = await self._conductor.roll_back(
            request.catalog or queries.CATALOG_DEFAULT, force=request.force
        )
        return pb.RollBackUpgradeResponse(upgrade=upgrades.message(back))

    async def FinishUpgrade(
        self, request: pb.FinishUpgradeRequest, context: Context
    ) -> pb.FinishUpgradeResponse:
        """Remove the vectors that do not serve."""
        finished = await self._conductor.finish(request.catalog or queries.CATALOG_DEFAULT)
        return pb.FinishUpgradeResponse(upgrade=upgrades.message(finished))

    async def CancelUpgrade(
        self, request: pb.CancelUpgradeRequest, context: Context
    ) -> pb.CancelUpgradeResponse:
        """Remove the new vectors."""
        cancelled = await self._conductor.cancel(request.catalog or queries.CATALOG_DEFAULT)
        return pb.CancelUpgradeResponse(upgrade=upgrades.message(cancelled))
