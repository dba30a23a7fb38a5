"""A real Prometheus for tests: quick, with the rules of this repository, asked over its API."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.tools import ROOT, tool
from triptych.local.bound import bound_command
from triptych.local.ports import free_port
from triptych.local.prometheus import RULES
from triptych.local.waiting import is_ok, wait_until_ready

# What ends with its parent is Python: it becomes what follows.
BECOME = ("-c", "import os, sys; os.execv(sys.argv[1], sys.argv[1:])")


class Prometheus:
    """One that runs."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str) -> Any:
        """What its API says under *path*."""
        with urllib.request.urlopen(f"{self.address}/api/v1/{path}") as reply:
            return json.load(reply)["data"]

    def targets(self) -> dict[str, dict[str, Any]]:
        """What it knows of each job's one target."""
        return {each["labels"]["job"]: each for each in self.get("targets")["activeTargets"]}

    def rules(self) -> list[dict[str, Any]]:
        """What it knows of each rule."""
        return [rule for group in self.get("rules")["groups"] for rule in group["rules"]]

    def firing(self) -> set[str]:
        """The alerts that fire."""
        return {
            each["labels"]["alertname"] for each in self.get("alerts")["alerts"] if each["state"] == "firing"
        }

    def wait(self, wanted: "Callable[[Prometheus], object]", timeout_s: float) -> None:
        """Return as soon as *wanted* holds."""
        end = time.monotonic() + timeout_s
        while not wanted(self):
            assert time.monotonic() < end, f"{self.targets()}\n{self.get('alerts')}"
            time.sleep(0.5)


@contextmanager
def watching(config: Mapping[str, Any], folder: Path) -> Iterator[Prometheus]:
    """Run one that scrapes and evaluates every second what *config* says; an alert need not hold for long."""
    for rules in RULES.glob("*.yaml"):
        (folder / rules.name).write_text(re.sub(r"\bfor: \w+", "for: 1s", rules.read_text()))
    quick = {
        **config,
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [f"{folder}/*.yaml"],
    }
    (folder / "prometheus.json").write_text(json.dumps(quick))
    address = f"127.0.0.1:{free_port()}"
    command = [
        tool("prometheus", "prometheus"),
        f"--config.file={folder}/prometheus.json",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address={address}",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            bound_command([sys.executable, *BECOME, *command]), stdout=log, stderr=log, cwd=ROOT
        )
    try:
        wait_until_ready(process, lambda: is_ok(f"http://{address}/-/ready"), 30)
        yield Prometheus(f"http://{address}")
    finally:
        process.terminate()
        process.wait(timeout=30)
