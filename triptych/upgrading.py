"""Model upgrades for the client: `Client.upgrades`. What an upgrade is stands in docs/upgrades.md."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from triptych.v1 import upgrade_service_pb2 as pb
from triptych.v1 import upgrade_service_pb2_grpc as pb_grpc

TIMEOUT_S = 60.0
_ENDED = frozenset({pb.Upgrade.PHASE_FINISHED, pb.Upgrade.PHASE_CANCELLED})
# In these there is something to wait for.
_UNDER_WAY = frozenset({pb.Upgrade.PHASE_BACKFILLING, pb.Upgrade.PHASE_COMPARING})


class Upgrades:
    """Upgrades catalogues to the next model pack. Every method raises TriptychClientError.

    Args:
        stub: of the gateway's UpgradeService.
        call: calls a method of it with a request and a timeout in seconds.
    """

    def __init__(self, stub: pb_grpc.UpgradeServiceStub, call: Callable[..., Any]) -> None:
        self._stub = stub
        self._call = call

    def start(self, catalog: str = "", plan: pb.UpgradePlan | None = None) -> pb.Upgrade:
        """Start an upgrade of *catalog* to the other pack that is served."""
        return self._upgrade(self._stub.StartUpgrade, pb.StartUpgradeRequest(catalog=catalog, plan=plan))

    def get(self, catalog: str = "") -> pb.Upgrade:
        """Return how the last upgrade of *catalog* fares."""
        return self._upgrade(self._stub.GetUpgrade, pb.GetUpgradeRequest(catalog=catalog))

    def list(self) -> list[pb.Upgrade]:
        """Return how the last upgrade of every catalogue fares."""
        return [*self._call(self._stub.ListUpgrades, pb.ListUpgradesRequest(), TIMEOUT_S).upgrades]

    def switch(self, catalog: str = "", *, force: bool = False) -> pb.Upgrade:
        """Let the new vectors serve; with *force* whatever the gate says."""
        request = pb.SwitchUpgradeRequest(catalog=catalog, force=force)
        return self._upgrade(self._stub.SwitchUpgrade, request)

    def roll_back(self, catalog: str = "", *, force: bool = False) -> pb.Upgrade:
        """Let the old vectors serve again; with *force* also where products lack some."""
        request = pb.RollBackUpgradeRequest(catalog=catalog, force=force)
        return self._upgrade(self._stub.RollBackUpgrade, request)

    def finish(self, catalog: str = "") -> pb.Upgrade:
        """Remove the vectors that do not serve."""
        return self._upgrade(self._stub.FinishUpgrade, pb.FinishUpgradeRequest(catalog=catalog))

    def cancel(self, catalog: str = "") -> pb.Upgrade:
        """Remove the new vectors."""
        return self._upgrade(self._stub.CancelUpgrade, pb.CancelUpgradeRequest(catalog=catalog))

    def follow(self, catalog: str = "", poll_s: float = 1.0) -> Iterator[pb.Upgrade]:
        """Yield how the upgrade of *catalog* fares, again and again, until it waits for somebody or has ended."""
        while True:
            upgrade = self.get(catalog)
            yield upgrade
            waits = upgrade.phase not in _UNDER_WAY
            is_about_to_switch = (
                upgrade.phase == pb.Upgrade.PHASE_READY and upgrade.plan.auto_switch and not upgrade.gate
            )
            if upgrade.phase in _ENDED or (waits and not is_about_to_switch):
                return
            time.sleep(poll_s)

    def _upgrade(self, method: Any, request: Any) -> pb.Upgrade:
        upgrade: pb.Upgrade = self._call(method, request, TIMEOUT_S).upgrade
        return upgrade
