"""A model upgrade on two real Tritons and the real Milvus, under searches and writes, its gateway killed in the middle."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCTS = 1_200


@pytest.mark.slow
def test_nobody_notices_an_upgrade():
    """No request fails, no answer is of mixed vectors, nothing acknowledged is lost: killed, switched, rolled back, switched."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.upgrade", "--products", str(PRODUCTS)],
        cwd=ROOT,
        env={**os.environ, "TRIPTYCH_MILVUS_CACHE": str(ROOT / "var" / "cache" / "milvus")},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    figures = json.loads(done.stdout[done.stdout.index("{") :])
    wrong = {name: figures[name] for name in ("failed", "mixed", "lost")}
    assert {"failed": 0, "mixed": 0, "lost": 0} == wrong, done.stdout
    assert (1, PRODUCTS) == (figures["kills"], figures["products"])
    assert ["next-demo-2/fused", "triptych-demo-1/fused"] == figures["spaces"]
    assert min(figures["searches"], figures["writes"]) > 20
