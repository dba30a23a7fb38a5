"""The real Milvus from its pip wheel, in the foreground: `python -m triptych.local.milvus --data DIR`.

The wheel's own launcher keeps Milvus as a child and leaves it behind when it is killed. Here the process becomes
Milvus itself (`execve`), so whoever started it owns the real thing.
"""

import argparse
import fcntl
import json
import os
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from triptych.local.ports import LOOPBACK, bound, free_ports
from triptych.local.sessions import end_former_sessions

PORT = 7530
METRICS_PORT = 7091
# Up to this many collections share no channel: 64 catalogues, each with products, texts, pictures and sounds.
COLLECTIONS_MAX = 256

# Only what differs from the wheel's own template, which is made for one machine already.
SETTINGS: Mapping[str, str] = {
    "log.level": "warn",
    # Standard output only: whoever started Milvus rotates it.
    "log.file.rootPath": '""',
    "etcd.log.level": "error",
    "etcd.log.path": "stderr",
    "grpc.client.maxBackoff": "1",
    # A channel for each collection. Where two share one, this version can lose rows: on a restart it may skip what the
    # second has in the log (milvus-io/milvus#34255, mended in 2.3.19 and 2.4.6). Unused channels cost nothing.
    "rootCoord.dmlChannelNum": str(COLLECTIONS_MAX),
    # A write is seen, and a strongly consistent read answered, after about this long, in ms.
    "proxy.timeTickInterval": "100",
    "proxy.http.enabled": "false",
    # What is left undone after this is in the write-ahead log.
    "common.gracefulStopTimeout": "1",
}
# The addresses under which the parts of Milvus call one another; the default is the machine's public one.
PARTS = ("rootCoord", "proxy", "queryCoord", "queryNode", "indexNode", "dataCoord", "dataNode")
INNER_PORTS = (
    "etcd_port", "etcd_peer_port", "proxy_internal_port", "root_coord_port", "query_coord_port", "query_node_port",
    "index_coord_port", "index_node_port", "data_coord_port", "data_node_port",
)  # fmt: skip
GLOG = "--logtostderr=true\n--minloglevel=2\n"


def milvus_command(
    data: Path, port: int = PORT, metrics_port: int = METRICS_PORT, cache: Path | None = None
) -> list[str]:
    """Return the command that runs Milvus in the foreground with all it keeps in *data*.

    The program is unpacked into *cache*, which several can share, or else into *data*: some seconds, once.
    """
    return [
        sys.executable, "-m", "triptych.local.milvus",
        "--data", str(data), "--port", str(port), "--metrics-port", str(metrics_port),
        *(["--cache", str(cache)] if cache else []),
    ]  # fmt: skip


def main() -> None:
    """Become Milvus."""
    parser = argparse.ArgumentParser(description="Run Milvus in the foreground.")
    parser.add_argument("--data", type=Path, required=True, help="folder for everything that Milvus keeps")
    parser.add_argument("--port", type=int, default=PORT, help="gRPC port (default: %(default)s)")
    parser.add_argument(
        "--metrics-port", type=int, default=METRICS_PORT, help="/metrics, /healthz (default: %(default)s)"
    )
    parser.add_argument("--cache", type=Path, help="folder for the unpacked program (default: DIR/program)")
    arguments = parser.parse_args()
    data = arguments.data.resolve()
    program = unpack((arguments.cache or data / "program").resolve())
    ports = inner_ports()
    prepare(data, arguments.port, ports)
    os.chdir(data)  # Milvus looks for configs/ where it stands
    _run_beside(partial(end_former_sessions, etcd_url(ports), frozenset(ports.values())))
    # The alias names its lock, which Milvus keeps in a folder of the machine.
    command = [str(program), "run", "standalone", "-alias", f"triptych-{arguments.port}"]
    environment = {
        "DEPLOY_MODE": "STANDALONE",
        "METRICS_PORT": str(arguments.metrics_port),
        "ETCD_CONFIG_PATH": str(data / "configs" / "etcd.yaml"),
        "LD_LIBRARY_PATH": str(program.parent),
    }
    os.execve(program, command, {**os.environ, **environment})  # noqa: S606 - no shell is wanted


def unpack(folder: Path) -> Path:
    """Unpack Milvus into *folder* unless it is there, and return the program's path; safe to call side by side."""
    from milvus import _initialize_data_files  # the wheel offers no public name

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _initialize_data_files(str(folder))
    return folder / "bin" / "milvus"


def inner_ports() -> dict[str, int]:
    """Return free ports for all parts of Milvus that clients do not talk to, by their name in the wheel's template."""
    return dict(zip(INNER_PORTS, free_ports(len(INNER_PORTS)), strict=True))


def etcd_url(ports: Mapping[str, int]) -> str:
    """Return where the etcd inside Milvus answers."""
    return f"http://{LOOPBACK}:{ports['etcd_port']}"


def prepare(data: Path, port: int, ports: Mapping[str, int]) -> None:
    """Write Milvus's configuration below *data*.

    Raises:
        RuntimeError: a port is taken.
    """
    inner = {name: number for name, number in ports.items() if name != "etcd_peer_port"}
    config = _config_class()(data_dir=str(data), proxy_port=port, **inner)
    for name, value in SETTINGS.items():
        config.set(name, value)
    for part in PARTS:
        config.set(f"{part}.ip", LOOPBACK)
    config.resolve()
    (data / "configs" / "glog.conf").write_text(GLOG)
    etcd = etcd_config(data / "data" / "etcd.data", etcd_url(ports), ports["etcd_peer_port"])
    (data / "configs" / "etcd.yaml").write_text(json.dumps(etcd, indent=2))


def _config_class() -> Any:
    """Return the wheel's configuration, mended: it takes a port for taken while connections of a former life close."""
    from milvus import MilvusServerConfig  # here, so that the command line does not wait for it

    class Config(MilvusServerConfig):  # type: ignore[misc]
        def try_bind_port(self, port: int) -> socket.socket | None:
            return bound(port)

    return Config


def etcd_config(data: Path, client: str, peer_port: int) -> dict[str, object]:
    """Return the configuration of the etcd inside Milvus; its default ports would allow one Milvus a machine."""
    peer = f"http://{LOOPBACK}:{peer_port}"
    return {
        "name": "milvus",
        "data-dir": str(data),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"milvus={peer}",
        # A single member need not wait a second for others before it leads.
        "heartbeat-interval": 20,
        "election-timeout": 200,
        "log-level": "error",
        "log-outputs": ["stderr"],
    }


def _run_beside(job: Callable[[], object]) -> None:
    """Run *job* in a process of its own, which nobody has to wait for."""
    if os.fork() == 0:
        # The grandchild: its parent ends at once, so Milvus is left with no child that it does not know.
        if os.fork() == 0:
            job()
        os._exit(0)
    os.wait()


if __name__ == "__main__":
    main()
