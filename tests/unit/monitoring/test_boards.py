"""The Grafana boards: current, and about what there is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.promql import grouped_by, selectors
from tests.tools import tool

ROOT = Path(__file__).resolve().parents[3]
BOARDS = sorted((ROOT / "k8s" / "components" / "monitoring" / "boards").glob("*.json"))


def panels(path) -> list[dict]:
    return [each for each in json.loads(path.read_text())["panels"] if each["type"] != "row"]


def expressions(path) -> list[str]:
    return [target["expr"] for panel in panels(path) for target in panel["targets"]]


def test_boards_are_current():
    """The files are what the code writes, and no other lies there."""
    check = subprocess.run(
        [sys.executable, ROOT / "scripts" / "boards.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (check.returncode, check.stdout + check.stderr)
    assert 3 == len(BOARDS)


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.stem)
def test_boards_ask_for_what_there_is(board, known):
    """Every series exists, with the labels that it is selected by."""
    wrong = [
        (name, sorted(labels))
        for expression in expressions(board)
        for name, labels in selectors(expression)
        if name not in known or (known[name] is not None and not labels <= known[name])
    ]

    assert [] == wrong


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.stem)
def test_legends_name_labels_that_are_left(board):
    """A legend shows what its query groups by, or a label of the one series that it shows."""
    for panel in panels(board):
        for target in panel["targets"]:
            named = {part.partition("}}")[0] for part in target.get("legendFormat", "").split("{{")[1:]}
            left = (
                grouped_by(target["expr"])
                | {"instance", "store", "file"}
                | ({"job", "method", "stage"} if ":" in target["expr"] else set())
            )
            assert named <= left, (panel["title"], named - left)


def test_every_query_can_be_parsed(tmp_path):
    """By Prometheus itself, as rules."""
    rules = [
        {"record": "x", "expr": each.replace("$__rate_interval", "5m"), "labels": {"n": str(number)}}
        for number, each in enumerate(each for board in BOARDS for each in expressions(board))
    ]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "boards", "rules": rules}]}))
    done = subprocess.run(
        [tool("promtool", "prometheus"), "check", "rules", tmp_path / "rules.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    assert len(rules) > 50


def test_what_is_counted_is_shown(known):
    """Every metric of ours has a place on a board or in a rule: a line in scripts/board_panels/ gives it one."""
    text = (
        "\n".join(path.read_text() for path in BOARDS)
        + (ROOT / "k8s" / "components" / "monitoring" / "prometheusrule.yaml").read_text()
    )
    families = {
        name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        for name in known
        if name.startswith("triptych_")
    }

    assert [] == sorted(family for family in families if family not in text)


def test_the_component_brings_every_board():
    """Grafana's sidecar finds them by their label."""
    component = yaml.safe_load((BOARDS[0].parents[1] / "kustomization.yaml").read_text())
    (maps,) = component["configMapGenerator"]

    assert [f"boards/{path.name}" for path in BOARDS] == sorted(maps["files"])
    assert {"grafana_dashboard": "1"} == maps["options"]["labels"]
