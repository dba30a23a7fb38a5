from pathlib import Path

import pytest
from pymilvus import DataType, MilvusClient

from triptych.local.milvus import milvus_command
from triptych.local.ports import free_ports

CACHE = Path(__file__).resolve().parents[4] / "var" / "cache" / "milvus"
ROWS = 500
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
