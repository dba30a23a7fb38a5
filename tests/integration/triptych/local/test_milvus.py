import time
from pathlib import Path

import pytest
from pymilvus import DataType, MilvusClient, MilvusException

from triptych.local.milvus import milvus_command
from triptych.local.ports import free_ports

CACHE = Path(__file__).resolve().parents[4] / "var" / "cache" / "milvus"
ROWS = 500
COLLECTIONS = 16
VECTORS = [[float(row % 7 + 1), float(row % 11), 1.0, float(row)] for row in range(ROWS)]


def store(uri):
    """Store rows that are acknowledged, and not flushed."""
    client = MilvusClient(uri=uri, timeout=60)
    schema = client.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=4)
    index = client.prepare_index_params()
    index.add_index("vector", index_type="HNSW", metric_type="L2", params={"M": 8, "efConstruction": 64})
    client.create_collection("rows", schema=schema, index_params=index, timeout=60)
    client.insert("rows", [{"id": row, "vector": VECTORS[row]} for row in range(ROWS)], timeout=60)
    client.close()


@pytest.mark.slow
def test_a_killed_milvus_has_everything_that_it_acknowledged(server, tmp_path):
    """After kill -9 it starts on the same folder and ports, with every row, and finds them."""
    port, metrics_port = free_ports(2)
    uri, healthy = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics_port}/healthz"
    milvus = server(milvus_command(tmp_path / "milvus", port, metrics_port, cache=CACHE), healthy)
    milvus.start()
    store(uri)

    milvus.kill()
    milvus.start()

    client = MilvusClient(uri=uri, timeout=60)
    client.load_collection("rows", timeout=60)
    counted = client.query("rows", output_fields=["count(*)"], consistency_level="Strong", timeout=60)
    found = client.search("rows", data=[VECTORS[-1]], limit=1, consistency_level="Strong", timeout=60)
    client.close()
    assert ROWS == counted[0]["count(*)"]
    assert ROWS - 1 == found[0][0]["id"]


def counts(uri, names):
    """How many rows each collection has; -1 where Milvus does not say yet."""
    client = MilvusClient(uri=uri, timeout=60)
    found = []
    for name in names:
        try:
            rows = client.query(name, output_fields=["count(*)"], consistency_level="Strong", timeout=60)
        except MilvusException:
            found.append(-1)
        else:
            found.append(rows[0]["count(*)"])
    client.close()
    return found


@pytest.mark.slow
def test_a_killed_milvus_has_the_rows_of_all_of_many_collections(server, tmp_path):
    """Where collections shared a channel of the log, those of several were gone after a single kill."""
    port, metrics_port = free_ports(2)
    uri, healthy = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics_port}/healthz"
    milvus = server(milvus_command(tmp_path / "milvus", port, metrics_port, cache=CACHE), healthy)
    milvus.start()
    names = [f"rows_{number}" for number in range(COLLECTIONS)]
    client = MilvusClient(uri=uri, timeout=60)
    for name in names:
        client.create_collection(name, dimension=4, timeout=60)
        client.insert(name, [{"id": row, "vector": VECTORS[row]} for row in range(ROWS)], timeout=60)
    client.close()

    milvus.kill()
    milvus.start()

    end = time.monotonic() + 60
    while [ROWS] * COLLECTIONS != (found := counts(uri, names)):
        assert time.monotonic() < end, found
        time.sleep(1)


@pytest.mark.slow
def test_two_run_side_by_side(server, tmp_path):
    """Neither meets the other's ports, locks or data."""
    names = {}
    for name in ("one", "other"):
        port, metrics_port = free_ports(2)
        command = milvus_command(tmp_path / name, port, metrics_port, cache=CACHE)
        server(command, f"http://127.0.0.1:{metrics_port}/healthz").start()
        names[name] = MilvusClient(uri=f"http://127.0.0.1:{port}", timeout=60)
        names[name].create_collection(name, dimension=4, timeout=60)

    assert {"one": ["one"], "other": ["other"]} == {
        name: client.list_collections(timeout=60) for name, client in names.items()
    }
    for client in names.values():
        client.close()
