"""The rules for Prometheus: sound, complete, and about what there is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY, generate_latest

from services.search.core.checking import Kind
from services.search.metrics import INCONSISTENCIES
from tests.promql import grouped_by, selectors
from tests.tools import tool
from triptych.local.prometheus import RULES

ROOT = Path(__file__).resolve().parents[3]
CASES = sorted((ROOT / "tests" / "monitoring").glob("*.yaml"))
FIRING = re.compile(r'ALERTS\{alertname="(\w+)", alertstate="firing"\}')


def promtool(*arguments) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool("promtool", "prometheus"), *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_rule_is_sound():
    """`promtool check rules` has nothing to say."""
    done = promtool("check", "rules", *RULES.glob("*.yaml"))

    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_only_then(case):
    """`promtool test rules`."""
    done = promtool("test", "rules", case)

    assert 0 == done.returncode, done.stdout + done.stderr


def test_every_alert_is_seen_to_fire_and_not_to_fire(alerts):
    """Each has a moment of both in a case, and is looked at by its whole name."""
    asked = [
        (FIRING.fullmatch(each["expr"]), bool(each.get("exp_samples")))
        for path in CASES
        for case in yaml.safe_load(path.read_text())["tests"]
        for each in case["promql_expr_test"]
    ]
    seen = {(match.group(1), fires) for match, fires in asked if match}

    assert {(name, fires) for name in alerts for fires in (True, False)} == seen


def test_rules_ask_for_what_there_is(rules, known):
    """Every series exists, and has the labels that it is selected or grouped by."""
    wrong = [
        (rule.get("alert", rule.get("record")), name, sorted(labels))
        for rule in rules
        for name, labels in selectors(rule["expr"])
        if name not in known or (known[name] is not None and not labels <= known[name])
    ]
    labels_known = {label for labels in known.values() if labels for label in labels} | {"model", "alertname"}

    assert [] == wrong
    assert [] == [
        (rule.get("alert", rule.get("record")), label)
        for rule in rules
        for label in grouped_by(rule["expr"]) - labels_known
    ]


def test_a_wrong_name_would_be_found():
    """The reader of expressions sees names within functions, operators and groupings."""
    expression = (
        'sum by (job) (rate(a_total{code="x y", job=~"b"}[5m])) > 2 * c offset 1h and on (job) d == 0'
    )

    assert [("a_total", {"code", "job"}), ("c", set()), ("d", set())] == selectors(expression)
    assert {"job"} == grouped_by(expression)


def test_every_alert_tells_how_bad_it_is_and_what_to_do(alerts):
    """Severity, summary and description; and the link leads to a section of the runbook that says what to look at and do."""
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    sections = dict(re.findall(r"^### (Triptych\w+)\n(.*?)(?=^##|\Z)", runbook, re.MULTILINE | re.DOTALL))

    assert alerts.keys() == sections.keys()
    for name, alert in alerts.items():
        assert alert["labels"]["severity"] in {"page", "ticket"}, name
        assert {"summary", "description", "runbook_url"} == alert["annotations"].keys(), name
        assert f"docs/runbook.md#{name.lower()}" == alert["annotations"]["runbook_url"]
        section = sections[name]
        assert section.strip().startswith(alert["labels"]["severity"].capitalize()), name
        assert "- Look at:" in section, name
        assert "- Do:" in section, name


def test_the_operator_scrapes_under_the_jobs_that_rules_ask_for(alerts, local_parts):
    """So does the local suite: a job of another name would be taken for a part that is away."""
    asked = {
        job for alert in alerts.values() for job in re.findall(r'absent\(up\{job="([^"]+)"', alert["expr"])
    }
    rooms, milvus = yaml.safe_load_all((RULES.parent / "podmonitor.yaml").read_text())
    by_name, *_ = rooms["spec"]["podMetricsEndpoints"][0]["relabelings"]
    names = rooms["spec"]["selector"]["matchExpressions"][0]["values"]
    scraped = {
        by_name["replacement"].replace("$1", re.fullmatch(by_name["regex"], name).group(1)) for name in names
    }
    scraped.add(milvus["spec"]["podMetricsEndpoints"][0]["relabelings"][0]["replacement"])

    assert asked == scraped == {f"triptych-{part.name}" for part in local_parts}
    assert "encoder" == re.fullmatch(by_name["regex"], "encoder-next").group(1)


def test_the_page_tells_jobs_and_ports(local_parts):
    """Those of the local suite."""
    page = (ROOT / "docs" / "monitoring.md").read_text()

    told = dict(re.findall(r"^\| `(triptych-\w+)` \| (\d+) \|$", page, re.MULTILINE))
    assert {f"triptych-{part.name}": str(part.metrics_port) for part in local_parts} == told


def test_what_rooms_register_is_well_formed(known):
    """`promtool check metrics` has nothing to say of names, units and help, before any room runs."""
    shown = generate_latest(REGISTRY).decode()
    done = subprocess.run(
        [tool("promtool", "prometheus"), "check", "metrics"],
        input=shown,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "triptych_gateway_searches_total" in shown
    assert (0, "") == (done.returncode, done.stdout + done.stderr)


def test_what_a_first_check_finds_is_an_increase():
    """The series begin at zero, for each kind: one that began with what was found would not fire TriptychInconsistent."""
    begun = set(INCONSISTENCIES._metrics)

    assert {(kind.name.lower(), repaired) for kind in Kind for repaired in ("true", "false")} == begun


def test_the_operators_rule_is_current():
    """The PrometheusRule holds what the plain files hold."""
    check = subprocess.run(
        [sys.executable, ROOT / "scripts" / "rules.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (check.returncode, check.stdout + check.stderr)
