"""A real Prometheus watches the running suite, Triton and Milvus by the rules of this repository."""

import json
import subprocess
import urllib.request

import pytest
from conftest import PARTS
from prometheus_client.parser import text_string_to_metric_families

from tests.engine_metrics import MILVUS, TRITON
from tests.metric_labels import is_allowed
from tests.prometheus import watching
from tests.tools import tool

ROOMS = ("encoder", "fusion", "search", "ranker", "gateway")
JOBS = {f"triptych-{part}" for part in PARTS}
FIRES_S = 45
AWAY = {
    f"Triptych{each}" for each in ("RoomDown", "RoomUnready", "ReplicaUnready", "TritonDown", "MilvusDown")
}


@pytest.fixture(scope="module")
def prometheus(suite, shop, tmp_path_factory):
    """Configured as `triptych up` left it."""
    config = json.loads((suite.folder / "prometheus.yml").read_text())
    with watching(config, tmp_path_factory.mktemp("prometheus")) as running:
        yield running


def page(suite, part: str) -> str:
    port = suite.environment[f"TRIPTYCH_{part.upper()}_METRICS_PORT"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as reply:
        return reply.read().decode()


def all_up(prometheus) -> bool:
    targets = prometheus.targets()
    return targets.keys() == JOBS and {each["health"] for each in targets.values()} == {"up"}


def test_everything_is_scraped(prometheus):
    """Seven jobs, each up and without an error, and no alert says that a part is away."""
    prometheus.wait(all_up, 30)
    prometheus.wait(lambda it: not it.firing() & AWAY, 30)

    assert {""} == {each["lastError"] for each in prometheus.targets().values()}


def test_every_rule_can_be_evaluated(prometheus):
    """On what the suite really shows: no series is there twice where one is meant."""
    prometheus.wait(lambda it: all(rule["health"] != "unknown" for rule in it.rules()), 30)

    rules = prometheus.rules()
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
