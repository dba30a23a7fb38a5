import json
import socket

import pytest
import yaml

from triptych.local.milvus import (
    INNER_PORTS,
    PARTS,
    etcd_url,
    inner_ports,
    milvus_command,
    prepare,
)
from triptych.local.ports import free_port


@pytest.fixture
def prepared(tmp_path):
    """Port, inner ports, milvus.yaml and etcd.yaml of a prepared folder."""
    port, ports = free_port(), inner_ports()
    prepare(tmp_path, port, ports)
    configs = tmp_path / "configs"
    return (
        port,
        ports,
        yaml.safe_load((configs / "milvus.yaml").read_text()),
        json.loads((configs / "etcd.yaml").read_text()),
    )


def test_the_command_names_folder_and_ports(tmp_path):
    """What is asked for stands on the command line."""
    command = milvus_command(tmp_path, 1234, 1235, cache=tmp_path / "cache")

    expected = ["--data", str(tmp_path), "--port", "1234", "--metrics-port", "1235"]
    assert [*expected, "--cache", str(tmp_path / "cache")] == command[3:]


def test_every_port_is_the_one_chosen(prepared):
    """No port is left to the wheel's template, where a second Milvus on the machine would meet the first."""
    port, ports, milvus, etcd = prepared

    assert port == milvus["proxy"]["port"]
    for part in PARTS:
        assert "127.0.0.1" == milvus[part]["ip"]
    assert ports["root_coord_port"] == milvus["rootCoord"]["port"]
    assert ports["proxy_internal_port"] == milvus["proxy"]["internalPort"]
    assert f"localhost:{ports['etcd_port']}" == milvus["etcd"]["endpoints"]
    assert etcd_url(ports) == etcd["listen-client-urls"]
    assert f"http://127.0.0.1:{ports['etcd_peer_port']}" == etcd["listen-peer-urls"]
    assert len(INNER_PORTS) == len(set(ports.values()))


def test_all_that_is_kept_lies_in_the_folder(prepared, tmp_path):
    """Nothing is written to a place that another Milvus could share."""
    *_, milvus, etcd = prepared

    kept = [milvus["localStorage"]["path"], milvus["rocksmq"]["path"], milvus["etcd"]["data"]["dir"]]
    assert all(path.startswith(f"{tmp_path}/") for path in [*kept, etcd["data-dir"]])
    assert etcd["data-dir"] == milvus["etcd"]["data"]["dir"]


def test_logs_are_few_and_go_to_standard_output(prepared):
    """No log file grows where nobody rotates it."""
    *_, milvus, etcd = prepared

    assert "warn" == milvus["log"]["level"]
    assert not milvus["log"]["file"]["rootPath"]
    assert ["stderr"] == etcd["log-outputs"]


def test_a_taken_port_is_refused(tmp_path):
    """Milvus is not started where it could not listen."""
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(RuntimeError, match="bind failed"):
        prepare(tmp_path, listener.getsockname()[1], inner_ports())
