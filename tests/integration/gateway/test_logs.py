"""What rooms that run as processes write: no key, no token, no password, whatever goes wrong."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from triptych import keyring
from triptych.client import Client, TriptychClientError
from triptych.local.ports import free_ports

TOKEN_KEY = "token-key-that-nobody-may-see-0123456789"
MILVUS = "root:milvus-password-that-nobody-may-see"
NOBODY = "127.0.0.1:1"


def run(module: str, told: dict[str, str], port: int, during) -> str:
    """Run a room until *during* is done; return all that it wrote."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("TRIPTYCH_")
    } | told
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=60)
            request = health_pb2.HealthCheckRequest(service="liveness")
            health_pb2_grpc.HealthStub(channel).Check(request)
            during()
        process.send_signal(signal.SIGTERM)
        written, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert 0 == process.returncode, written
    return written


@pytest.fixture
def secrets(tmp_path) -> Path:
    """A folder of secrets, as it is mounted."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "TRIPTYCH_GATEWAY_TOKEN_KEY").write_text(TOKEN_KEY)
    (folder / "TRIPTYCH_SEARCH_MILVUS_TOKEN").write_text(MILVUS)
    return folder


def common(room: str, secrets: Path, ports: list[int]) -> dict[str, str]:
    told = {"PORT": ports[0], "METRICS_PORT": ports[1], "LOG_LEVEL": "debug", "DRAIN_MS": 0}
    named = {f"TRIPTYCH_{room.upper()}_{name}": str(value) for name, value in told.items()}
    return {**named, "TRIPTYCH_SECRETS_DIR": str(secrets)}


def test_the_gateway(secrets, tmp_path):
    """Calls with a right key, a wrong one, a token and a password in the wrong place."""
    ports = free_ports(2)
    key_id, key = keyring.new_key()
    made = keyring.Key(
        id=key_id,
        name="a test",
        sha256=keyring.digest(key),
        roles=("admin",),
        catalogs=("*",),
        created=datetime.now(UTC),
    )
    keyring.add(tmp_path / "keys.json", made)
    others = ("tk_wrong", "eyJhbGciOiJub25lIn0.e30.c2VjcmV0", "password-that-nobody-may-see")

    def call() -> None:
        for each in (key, *others):
            with Client(f"127.0.0.1:{ports[0]}", api_key=each) as client, pytest.raises(TriptychClientError):
                client.delete(["a"], catalog="shop", timeout_s=0.5)

    rooms = {f"TRIPTYCH_GATEWAY_{room}": NOBODY for room in ("ENCODER", "FUSION", "SEARCH", "RANKER")}
    told = {
        **common("gateway", secrets, ports),
        **rooms,
        "TRIPTYCH_GATEWAY_KEYS_FILE": str(tmp_path / "keys.json"),
        "TRIPTYCH_GATEWAY_EVENTS_PATH": str(tmp_path / "events.db"),
    }
    written = run("gateway.main", told, ports[0], call)

    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert {key_id} == {line["caller"] for line in lines if line["event"] == "audit"}
    assert {"UNAUTHENTICATED"} <= {line.get("code") for line in lines}
    for secret in (TOKEN_KEY, key, made.sha256, *others):
        assert secret not in written


def test_search(secrets, tmp_path):
    """Milvus cannot be reached, which is said again and again, without its password."""
    ports = free_ports(2)
    told = {
        **common("search", secrets, ports),
        "TRIPTYCH_SEARCH_MILVUS_URI": "http://127.0.0.1:1",
        "TRIPTYCH_SEARCH_LEXICAL_PATH": str(tmp_path / "words.db"),
    }

    def wait_until_told() -> None:
        with grpc.insecure_channel(f"127.0.0.1:{ports[0]}") as channel:
            request = health_pb2.HealthCheckRequest(service="")
            assert 2 == health_pb2_grpc.HealthStub(channel).Check(request).status

    written = run("services.search.main", told, ports[0], wait_until_told)

    assert "not ready" in written
    assert MILVUS not in written
    assert MILVUS.partition(":")[2] not in written
