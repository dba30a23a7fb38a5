"""`triptych upgrade …`."""

import json
from concurrent import futures

import grpc
import pytest
from typer.testing import CliRunner

from triptych.cli.main import app
from triptych.v1 import upgrade_service_pb2 as pb
from triptych.v1 import upgrade_service_pb2_grpc as pb_grpc


class FakeUpgrades(pb_grpc.UpgradeServiceServicer):
    """One upgrade, which is ready when it has been asked for three times."""

    def __init__(self):
        self.upgrade = pb.Upgrade(
            catalog="shoes", source_pack="old-1", target_pack="new-2", product_count=3, upgraded_count=1
        )
        self.asked = 0
        self.forced = []
        self.away = 0

    def _may_be_away(self, context):
        if self.away:
            self.away -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "starting")

    def StartUpgrade(self, request, context):
        self._may_be_away(context)
        self.upgrade.phase = pb.Upgrade.PHASE_BACKFILLING
        self.upgrade.plan.CopyFrom(request.plan)
        return pb.StartUpgradeResponse(upgrade=self.upgrade)

    def GetUpgrade(self, request, context):
        self._may_be_away(context)
        self.asked += 1
        if self.asked == 3:
            self.upgrade.phase = pb.Upgrade.PHASE_READY
            self.upgrade.upgraded_count = 2
            self.upgrade.gate.append("1 products have no vectors")
            self.upgrade.refused.add(id="a", reason="URI_UNREADABLE", field="images[0]")
            self.upgrade.comparison.overlap_at_10 = 0.75
        return pb.GetUpgradeResponse(upgrade=self.upgrade)

    def _moved(self, context, phase, response):
        self._may_be_away(context)
        self.upgrade.phase = phase
        return response(upgrade=self.upgrade)

    def SwitchUpgrade(self, request, context):
        self.forced.append(request.force)
        return self._moved(context, pb.Upgrade.PHASE_SWITCHED, pb.SwitchUpgradeResponse)

    def RollBackUpgrade(self, request, context):
        self.forced.append(request.force)
        return self._moved(context, pb.Upgrade.PHASE_ROLLED_BACK, pb.RollBackUpgradeResponse)

    def FinishUpgrade(self, request, context):
        return self._moved(context, pb.Upgrade.PHASE_FINISHED, pb.FinishUpgradeResponse)

    def CancelUpgrade(self, request, context):
        return self._moved(context, pb.Upgrade.PHASE_CANCELLED, pb.CancelUpgradeResponse)


@pytest.fixture
def upgrades():
    return FakeUpgrades()


@pytest.fixture
def run(upgrades, monkeypatch):
    """Run a command against a server of its own."""
    server = grpc.server(futures.ThreadPoolExecutor(2))
    pb_grpc.add_UpgradeServiceServicer_to_server(upgrades, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("TRIPTYCH_ADDRESS", f"127.0.0.1:{port}")
    monkeypatch.setattr("triptych.upgrading.time.sleep", lambda _: None)
    yield lambda *arguments: CliRunner().invoke(app, ["upgrade", *arguments])
    server.stop(None)


def test_an_upgrade_is_started_as_asked_for(run, upgrades, tmp_path):
    """The gate, the queries of a file, and what happens by itself."""
    (tmp_path / "queries.txt").write_text("red mug\n\n blue chair \n")

    done = run("start", "--queries", str(tmp_path / "queries.txt"), "--overlap-min", "0.5", "--auto-switch")

    assert 0 == done.exit_code, done.output
    plan = upgrades.upgrade.plan
    assert (["red mug", "blue chair"], 0.5, True) == (
        list(plan.sample_queries),
        plan.overlap_min,
        plan.auto_switch,
    )
    assert "shoes: old-1 → new-2, backfilling" in done.stdout


def test_the_progress_is_followed_until_somebody_has_to_decide(run, upgrades):
    """Then the gate, what was refused and the comparison are told."""
    run("start")

    done = run("status", "--wait")

    assert 3 == upgrades.asked
    for expected in ("ready", "2 of 3 products", "a (URI_UNREADABLE images[0])", "gate refuses: 1", "0.750"):
        assert expected in done.stdout
    assert "PHASE_READY" == json.loads(run("status", "--json").stdout)["phase"]


@pytest.mark.parametrize("step", ["start", "status", "switch", "rollback", "finish", "cancel"])
def test_every_step_is_tried_again_where_the_gateway_is_away(run, upgrades, step):
    """Each may be done again without harm, so that a gateway that restarts is waited for."""
    upgrades.away = 2

    done = run(step)

    assert (0, 0) == (done.exit_code, upgrades.away), done.output


def test_it_is_switched_rolled_back_and_ended(run, upgrades):
    """Each command moves it on; force is handed over."""
    assert "switched" in run("switch", "--force").stdout
    assert "rolled back" in run("rollback").stdout
    assert [True, False] == upgrades.forced
    assert "finished" in run("finish").stdout
    assert "cancelled" in run("cancel").stdout
