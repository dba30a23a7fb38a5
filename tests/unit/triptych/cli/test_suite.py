import json

import pytest
from typer.testing import CliRunner

from triptych.cli.main import app
from triptych.doctor import examine, gathering
from triptych.doctor.finding import Finding, Severity
from triptych.local import scraped, suite, versions
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
        nothing_told = {"version": "", "models": [], "in_flight": None, "queued": None}
        assert [expected | {"uptime_s": 3725} | nothing_told] == json.loads(result.stdout)

    def test_one_part_that_is_not_ready_is_exit_code_1(self, run, monkeypatch):
        """Scripts can wait for the suite."""
        monkeypatch.setattr(suite, "status", lambda _: [READY, WAITING])

        result = run("status")

        assert 1 == result.exit_code
        assert "1:02:05" in result.stdout
        assert "starting" in result.stdout

    def test_parts_tell_what_they_are_and_do(self, run, monkeypatch):
        """Their version, their models, what they work on and what waits."""
        page = scraped.Scraped(True, "1.2.3", ("text_encoder 1 (demo-1/text)",), 4, 5)
        monkeypatch.setattr(suite, "status", lambda _: [READY])
        monkeypatch.setattr(scraped, "all_scraped", lambda _: {"gateway": page})
        monkeypatch.setattr(versions, "engine_versions", lambda _: {"milvus": "2.3.5"})

        rows = json.loads(run("status", "--json").stdout)
        shown = run("status").stdout

        assert [("1.2.3", 4, 5)] == [(row["version"], row["in_flight"], row["queued"]) for row in rows]
        assert "models: text_encoder 1 (demo-1/text)" in shown

    def test_parts_elsewhere_are_asked_at_their_metrics(self, run, monkeypatch):
        """One that does not answer is exit code 1, and so is one that is not ready."""
        pages = {"gateway": scraped.Scraped(True, "1.2.3"), "search": None}
        monkeypatch.setattr(
            scraped, "all_scraped", lambda addresses: {name: pages[name] for name in addresses}
        )

        both = run("status", "--json", "--part", "gateway=gateway:8100", "--part", "search=search:8103")
        one = run("status", "--json", "--part", "gateway=gateway:8100")

        assert (1, 0) == (both.exit_code, one.exit_code)
        assert [("gateway", True), ("search", False)] == [
            (row["name"], row["healthy"]) for row in json.loads(both.stdout)
        ]

    def test_a_part_without_an_address_is_refused(self, run):
        """Before anything is asked."""
        result = run("status", "--part", "gateway")

        assert 2 == result.exit_code
        assert "NAME=HOST:PORT" in result.stderr


class TestDoctor:
    @pytest.mark.parametrize(
        ("severities", "code"), [([], 0), ([Severity.NOTE], 0), ([Severity.WARNING, Severity.ERROR], 2)]
    )
    def test_the_exit_code_is_that_of_the_worst(self, run, monkeypatch, severities, code):
        """Scripts can tell whether anything has to be mended."""
        findings = [
            Finding(each, "port 1", "It is taken.", "It will not start.", "Stop it.") for each in severities
        ]
        monkeypatch.setattr(gathering, "gathered", lambda *_: None)
        monkeypatch.setattr(examine, "examined", lambda _: findings)

        shown, told = run("doctor"), run("doctor", "--json")

        assert (code, code) == (shown.exit_code, told.exit_code)
        assert f"{len(examine.CHECKS)} checks, {len(findings)} findings" in shown.stdout
        assert [each.name.lower() for each in severities] == [
            row["severity"] for row in json.loads(told.stdout)
        ]
        assert all(word in shown.stdout for each in severities for word in (each.name.lower(), "→ Stop it."))


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
