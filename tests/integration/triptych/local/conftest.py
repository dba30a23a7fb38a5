"""Servers of a test's own, which it may kill."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from triptych.local.bound import bound_command
from triptych.local.waiting import is_ok, wait_until_ready

ROOT = Path(__file__).resolve().parents[4]
PATIENCE_S = 120


class Server:
    """A server that can be killed and started again."""

    def __init__(self, command, health_url, log):
        self.command, self.health_url, self.log = command, health_url, log
        self.process = None

    def start(self):
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                bound_command(self.command), stdout=output, stderr=subprocess.STDOUT, cwd=ROOT
            )
        wait_until_ready(self.process, lambda: is_ok(self.health_url), PATIENCE_S)

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def server(tmp_path):
    """A function that makes servers, which end with the test."""
    made = []

    def make(command, health_url):
        made.append(Server(command, health_url, tmp_path / f"server-{len(made)}.log"))
        return made[-1]

    yield make
    for each in made:
        each.process.terminate()
    for each in made:
        each.process.wait(PATIENCE_S)
