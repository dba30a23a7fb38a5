import json

import pytest
from typer.testing import CliRunner

from triptych.cli.main import app
from triptych.local import suite
from triptych.local.suite import PartStatus, SuiteError

READY = PartStatus("gateway", "RUNNING", 7, 3725, "127.0.0.1:7100", healthy=True)
WAITING = PartStatus("milvus", "STARTING", 8, 1, "127.0.0.1:7530", healthy=False)


@pytest.fixture
def run(tmp_path):
    return lambda *arguments: CliRunner().invoke(app, [*arguments, "--state", str(tmp_path)])


class TestStatus:
    def test_json_holds_every_part(self, run, monkeypatch):
        """Programs read what people see."""
        monkeypatch.setattr(suite, "status", lambda _: [READY])

        result = run("status", "--json")

        assert 0 == result.exit_code
        expected = {
            "name": "gateway",
            "state": "RUNNING",
            "pid": 7,
            "address": "127.0.0.1:7100",
            "healthy": True,
        }
        assert [expected | {"uptime_s": 3725}] == json.loads(result.stdout)

    def test_one_part_that_is_not_ready_is_exit_code_1(self, run, monkeypatch):
        """Scripts can wait for the suite."""
        monkeypatch.setattr(suite, "status", lambda _: [READY, WAITING])

        result = run("status")

        assert 1 == result.exit_code
        assert "1:02:05" in result.stdout
        assert "starting" in result.stdout


class TestUp:
    @pytest.mark.parametrize(("started", "said"), [(True, "up: "), (False, "already up: ")])
    def test_says_where_the_gateway_listens(self, run, monkeypatch, started, said):
        """And whether it had to be started."""
        monkeypatch.setattr(suite, "up", lambda _: started)
        monkeypatch.setattr(suite, "status", lambda _: [READY])

        result = run("up")

        assert 0 == result.exit_code
        assert result.stdout.startswith(f"{said}the gateway listens on 127.0.0.1:7100")

    def test_what_went_wrong_is_one_line(self, run, monkeypatch):
        """No traceback reaches the user."""

        def taken(_):
            raise SuiteError("port 7100 of gateway is taken")

        monkeypatch.setattr(suite, "up", taken)

        result = run("up")

        assert 1 == result.exit_code
        assert "error port 7100 of gateway is taken\n" == result.stderr


class TestDown:
    def test_nothing_to_stop_is_said(self, run):
        """It is no error."""
        result = run("down")

        assert 0 == result.exit_code
        assert "nothing was running\n" == result.stdout
