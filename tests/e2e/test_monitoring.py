"""A real Prometheus watches the running suite, Triton and Milvus by the rules of this repository."""

import json
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import pytest
from conftest import PARTS, ROOT
from prometheus_client.parser import text_string_to_metric_families

from tests.engine_metrics import MILVUS, TRITON
from tests.metric_labels import is_allowed
from tests.tools import tool
from triptych.local.bound import bound_command
from triptych.local.ports import free_port
from triptych.local.prometheus import RULES
from triptych.local.waiting import is_ok, wait_until_ready

ROOMS = ("encoder", "fusion", "search", "ranker", "gateway")
JOBS = {f"triptych-{part}" for part in PARTS}
FIRES_S = 45
# What ends with its parent is Python: it becomes what follows.
BECOME = ("-c", "import os, sys; os.execv(sys.argv[1], sys.argv[1:])")
AWAY = {
    f"Triptych{each}" for each in ("RoomDown", "RoomUnready", "ReplicaUnready", "TritonDown", "MilvusDown")
}


class Prometheus:
    """One that scrapes and evaluates every second, and asked over its API."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str, **query: str) -> dict:
        with urllib.request.urlopen(f"{self.address}/api/v1/{path}?{urllib.parse.urlencode(query)}") as reply:
            return json.load(reply)["data"]

    def targets(self) -> dict[str, dict]:
        return {each["labels"]["job"]: each for each in self.get("targets")["activeTargets"]}

    def firing(self) -> set[str]:
        return {
            each["labels"]["alertname"] for each in self.get("alerts")["alerts"] if each["state"] == "firing"
        }

    def wait(self, wanted, timeout_s: float):
        """Return what *wanted* finds as soon as it finds something."""
        end = time.monotonic() + timeout_s
        while not (found := wanted(self)):
            assert time.monotonic() < end, f"{self.targets()}\n{self.get('alerts')}"
            time.sleep(0.5)
        return found


@pytest.fixture(scope="module")
def prometheus(suite, shop, tmp_path_factory):
    """Configured as `triptych up` left it, but quick: every second, and an alert need not hold for long."""
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    config = json.loads((suite.folder / "prometheus.yml").read_text())
    assert config["rule_files"] == [str(RULES / "*.yaml")]
    for rules in RULES.glob("*.yaml"):
        (folder / rules.name).write_text(re.sub(r"\bfor: \w+", "for: 1s", rules.read_text()))
    config |= {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [f"{folder}/*.yaml"],
    }
    (folder / "prometheus.json").write_text(json.dumps(config))
    command = [
        tool("prometheus", "prometheus"),
        f"--config.file={folder}/prometheus.json",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            bound_command([sys.executable, *BECOME, *command]), stdout=log, stderr=log, cwd=ROOT
        )
    try:
        wait_until_ready(process, lambda: is_ok(f"http://127.0.0.1:{port}/-/ready"), 30)
        yield Prometheus(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=30)


def page(suite, part: str) -> str:
    port = suite.environment[f"TRIPTYCH_{part.upper()}_METRICS_PORT"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as reply:
        return reply.read().decode()


def all_up(prometheus) -> bool:
    targets = prometheus.targets()
    return targets.keys() == JOBS and {each["health"] for each in targets.values()} == {"up"}


def rules_of(prometheus) -> list[dict]:
    return [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]


def test_everything_is_scraped(prometheus):
    """Seven jobs, each up and without an error, and no alert says that a part is away."""
    prometheus.wait(all_up, 30)
    prometheus.wait(lambda it: not it.firing() & AWAY, 30)

    assert {""} == {each["lastError"] for each in prometheus.targets().values()}


def test_every_rule_can_be_evaluated(prometheus):
    """On what the suite really shows: no series is there twice where one is meant."""
    prometheus.wait(lambda it: all(rule["health"] != "unknown" for rule in rules_of(it)), 30)

    rules = rules_of(prometheus)
    assert len(rules) > 30
    assert [] == [(rule["name"], rule["lastError"]) for rule in rules if rule["health"] != "ok"]


@pytest.mark.parametrize("part", ROOMS)
def test_what_a_room_shows_is_well_formed(suite, shop, part):
    """`promtool check metrics` has nothing to say of what is ours, and no label says what it may not."""
    shown = page(suite, part)
    check = subprocess.run(
        [tool("promtool", "prometheus"), "check", "metrics"],
        input=shown,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (check.returncode, check.stdout + check.stderr)
    ours = [family for family in text_string_to_metric_families(shown) if family.name.startswith("triptych_")]
    assert ours
    wrong = {
        (family.name, label, value)
        for family in ours
        for sample in family.samples
        for label, value in sample.labels.items()
        if label != "le" and not is_allowed(family.name, label, value)
    }
    assert set() == wrong


@pytest.mark.parametrize("part", ["triton", "milvus"])
def test_what_the_engines_show_can_be_read(suite, part):
    """Their names are theirs: promtool may find them unusual, but no line is broken."""
    check = subprocess.run(
        [tool("promtool", "prometheus"), "check", "metrics"],
        input=page(suite, part),
        capture_output=True,
        text=True,
        check=False,
    )

    said = (check.stdout + check.stderr).splitlines()
    assert check.returncode in {0, 3}, said  # 3: opinions on style
    assert [] == [line for line in said if "error while linting" in line]


def test_the_engines_show_what_rules_and_boards_ask_for(suite, shop):
    """Names of metrics change with versions; a rule that asks for none never fires."""
    for part, names in (("triton", TRITON), ("milvus", MILVUS)):
        shown = {family.name for family in text_string_to_metric_families(page(suite, part))}
        assert [] == [name for name in names if name.removesuffix("_bucket") not in shown]


def test_the_death_of_triton_is_seen(suite, prometheus):
    """The alert fires while it is away, and no longer when it is back."""
    suite.wait_until_healthy()
    prometheus.wait(lambda it: it.targets()["triptych-triton"]["health"] == "up", 30)
    suite.kill("triton")

    prometheus.wait(lambda it: "TriptychTritonDown" in it.firing(), FIRES_S)
    suite.wait_until_healthy()
    prometheus.wait(lambda it: "TriptychTritonDown" not in it.firing(), FIRES_S)
