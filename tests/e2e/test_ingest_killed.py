"""`triptych ingest` while the gateway is killed with -9: it goes on, nothing is lost, nothing is there twice."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT

from triptych.client import Client, TriptychClientError

CATALOG = "killed"
PRODUCTS = 3_000


def count(client: Client) -> int:
    """Return how many products are stored; 0 before the first, and while nobody answers."""
    try:
        return client.facts(CATALOG, timeout_s=5).product_count
    except TriptychClientError:
        return 0


@pytest.mark.slow
def test_a_stream_goes_on_after_the_gateway_was_killed(suite, shop, tmp_path):
    """In the middle of it; the same command ends well by itself, or when it is given again, with each product once."""
    file = tmp_path / "products.jsonl"
    ids = [f"p{number:05}" for number in range(PRODUCTS)]
    file.write_text("".join(json.dumps({"id": each, "title": f"mug {each}"}) + "\n" for each in ids))
    words = ["ingest", str(file), "--catalog", CATALOG, "--address", suite.address]
    command = [sys.executable, "-m", "triptych.cli.main", *words]
    sending = subprocess.Popen(
        command, env=suite.environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    with Client(suite.address) as client:
        end = time.monotonic() + 60
        while count(client) < PRODUCTS / 5:
            assert sending.poll() is None, f"it ended before anything was killed: {sending.stdout.read()}"
            assert time.monotonic() < end, "nothing is stored"
            time.sleep(0.05)
        os.kill(int(str(suite.status()["gateway"]["pid"])), signal.SIGKILL)
        told, _ = sending.communicate(timeout=120)
        suite.wait_until_healthy()
        if sending.returncode:
            again = suite.run(*words)
            told += again.stdout
            assert 0 == again.returncode, told + again.stderr
        stored = [each.id for each in client.products(catalog=CATALOG)]

    assert (ids, PRODUCTS) == (sorted(stored), len(stored)), told
