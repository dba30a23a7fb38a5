"""Clients that are not ours, in other languages, which learn the API by reflection."""

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from PIL import Image

from tests.unit.docs.examples import fenced, shown

ROOT = Path(__file__).resolve().parents[2]
BUF = ROOT / "node_modules" / ".bin" / "buf"
SEARCH = "triptych.v1.ProductSearchService/SearchProducts"


@pytest.fixture(scope="module", autouse=True)
def tools():
    """Install the tools; skip where npm is not there or cannot reach its registry."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed: buf curl and @grpc/grpc-js are not tried")
    if not (ROOT / "node_modules" / "@grpc" / "reflection").exists():
        done = subprocess.run(
            ["npm", "install", "--no-save", "--silent"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"npm cannot install the tools: {done.stderr[-300:]}")


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def buf_curl(suite, *arguments: object) -> subprocess.CompletedProcess[str]:
    return run(BUF, "curl", "--protocol", "grpc", "--http2-prior-knowledge", *arguments[:-1],
               f"http://{suite.address}{arguments[-1]}")  # fmt: skip


class TestBufCurl:
    def test_it_lists_the_services_and_methods(self, suite, shop):
        """Both public services, by reflection."""
        services = buf_curl(suite, "--list-services", "").stdout.split()
        methods = buf_curl(suite, "--list-methods", "").stdout.split()

        assert {"triptych.v1.CatalogService", "triptych.v1.ProductSearchService"} <= set(services)
        assert SEARCH in methods

    def test_it_searches(self, suite, shop):
        """The schema comes from the server."""
        request = {"catalog": shop.catalog, "parts": [{"text": "red mug"}], "pageSize": 2}

        done = buf_curl(suite, "--data", json.dumps(request), f"/{SEARCH}")

        assert 0 == done.returncode, done.stderr
        assert 2 == len(json.loads(done.stdout)["results"])

    def test_an_error_is_readable(self, suite, shop):
        """Code, reason and field arrive in a foreign client too."""
        done = buf_curl(suite, "--data", '{"parts": []}', f"/{SEARCH}")

        said = json.loads(done.stderr)
        packed = next(d["value"] for d in said["details"] if d["type"] == "google.rpc.ErrorInfo")
        info = ErrorInfo.FromString(base64.b64decode(packed + "=" * (-len(packed) % 4)))
        assert 0 != done.returncode
        assert ("invalid_argument", "FIELD_INVALID") == (said["code"], info.reason)


def calls_on_the_page() -> list[list[str]]:
    calls = shown("buf curl")
    return [words for each, words in calls if each.page.name == "clients.md" and each.is_whole]


def test_the_page_for_foreign_clients_can_be_copied(suite, shop, tmp_path):
    """Its calls with buf curl and its client for Node.js, with no more changed than address and catalogue."""
    for words in calls_on_the_page():
        asked = [
            word.replace("localhost:7100", suite.address).replace('"shop"', '"foreign"') for word in words
        ]
        done = run(BUF, "curl", *asked)
        assert 0 == done.returncode, (words, done.stderr)
    run(sys.executable, "scripts/protos.py", "--image", tmp_path / "triptych.binpb")
    Image.new("RGB", (64, 64), "blue").save(tmp_path / "photo.jpg")
    (program,) = (each.text for each in fenced("js") if each.page.name == "clients.md")
    (tmp_path / "search.js").write_text(
        program.replace("localhost:7100", suite.address).replace("'demo'", f"'{shop.catalog}'")
    )

    done = subprocess.run(
        ["node", "search.js"],
        cwd=tmp_path,
        env={**os.environ, "NODE_PATH": str(ROOT / "node_modules")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (0, 5) == (done.returncode, len(done.stdout.splitlines())), done.stderr


def test_grpc_js_searches(suite, shop):
    """A Node.js client without generated code lists, describes and calls."""
    done = run("node", "tests/e2e/foreign/search.js", suite.address, shop.catalog, "red mug")

    assert 0 == done.returncode, done.stderr
    answer = json.loads(done.stdout)
    assert "triptych.v1.ProductSearchService" in answer["services"]
    assert 3 == len(answer["response"]["results"])
