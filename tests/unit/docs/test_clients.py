"""The page for clients in other languages says what our own one does, and its recipe for stubs works."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.docs.examples import ROOT, fenced
from triptych.client.calls import BALANCED, RETRIES

BUF = ROOT / "node_modules" / ".bin" / "buf"


def block(language: str) -> str:
    return next(each.text for each in fenced(language) if each.page.name == "clients.md")


def test_the_service_configuration_is_that_of_our_client():
    """Tries, pauses, services, round robin and the name that is watched."""
    assert RETRIES | BALANCED == json.loads(block("json"))


def test_stubs_are_made_of_one_file(tmp_path):
    """By buf, with another plugin than the remote ones: the file holds all that the schema imports."""
    if not BUF.exists():
        pytest.skip("buf is not installed")
    written = [sys.executable, ROOT / "scripts" / "protos.py", "--image", tmp_path / "triptych.binpb"]
    subprocess.run(written, check=True)
    recipe, _, inputs = block("yaml").partition("plugins:")
    plugin = Path(sys.executable).parent / "protoc-gen-mypy"
    local = f"plugins:\n  - local: {plugin}\n    out: gen\n{inputs[inputs.index('inputs:') :]}"
    (tmp_path / "buf.gen.yaml").write_text(recipe + local)

    done = subprocess.run([BUF, "generate"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stderr
    made = {str(path.relative_to(tmp_path / "gen")) for path in (tmp_path / "gen").rglob("*_pb2.pyi")}
    schema = (ROOT / "protos").glob("triptych/v1/*.proto")
    assert {f"triptych/v1/{path.stem}_pb2.pyi" for path in schema} <= made
