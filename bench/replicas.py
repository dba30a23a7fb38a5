"""Two replicas of each room before one Milvus and one Triton, on loopback: what a roll-out changes, on one machine."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from triptych.local.bound import bound_command
from triptych.local.part import address_of
from triptych.local.ports import free_ports
from triptych.runtime.health import TRAFFIC

# In the order in which a new version is rolled out: who is called before who calls.
ROOMS = ("encoder", "fusion", "search", "ranker", "gateway")
REPLICAS = 2
DRAIN_MS = 1000
PATIENCE_S = 90.0
# The load is constant and all of it is to be answered: what a restart costs is looked for, not what overload does.
UNSHED = {"SEARCHES_AT_ONCE_MIN": 64, "WRITES_AT_ONCE_MIN": 16}
KEY = "of replicas, at least 32 characters long"


@dataclass
class Replica:
    """One process of a room, which can be stopped and started again at the same address."""

    room: str
    port: int
    told: Mapping[str, object]
    log: Path
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def start(self) -> None:
        """Start it."""
        module = "gateway.main" if self.room == "gateway" else f"services.{self.room}.main"
        variables = {f"TRIPTYCH_{self.room.upper()}_{name}": str(value) for name, value in self.told.items()}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                bound_command([sys.executable, "-m", module]),
                env={**os.environ, **variables, f"TRIPTYCH_{self.room.upper()}_PORT": str(self.port)},
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self) -> None:
        """Return when callers may be sent to it.

        Raises:
            RuntimeError: it ended, or is not ready in time.
        """
        assert self.process
        end = time.monotonic() + PATIENCE_S
        request = health_pb2.HealthCheckRequest(service=TRAFFIC)
        with grpc.insecure_channel(
            address_of(self.port), options=[("grpc.max_reconnect_backoff_ms", 200)]
        ) as channel:
            while time.monotonic() < end and self.process.poll() is None:
                try:
                    status = health_pb2_grpc.HealthStub(channel).Check(request, timeout=1).status
                except grpc.RpcError:
                    status = health_pb2.HealthCheckResponse.UNKNOWN
                if status == health_pb2.HealthCheckResponse.SERVING:
                    return
                time.sleep(0.1)
        raise RuntimeError(f"{self.room} is not ready: see {self.log}")

    def stop(self) -> None:
        """Ask it to end, as Kubernetes does, and wait until it has."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)


@dataclass(frozen=True)
class Replicas:
    """The replicas of every room, by its name."""

    rooms: Mapping[str, list[Replica]]

    def address(self, room: str) -> str:
        """The name under which gRPC finds all replicas of *room*."""
        return "ipv4:" + ",".join(address_of(each.port) for each in self.rooms[room])


@contextmanager
def replicas(milvus: str, triton: str, folder: Path) -> Iterator[Replicas]:
    """Run two replicas of each room while the block runs; they are ready.

    The search rooms share one file of words: SQLite lets several processes of one machine do so.

    Args:
        milvus: "http://host:port".
        triton: "host:port" of its gRPC.
        folder: for logs and what the rooms keep.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ports = {room: free_ports(REPLICAS) for room in ROOMS}
    names = {room: "ipv4:" + ",".join(map(address_of, ports[room])) for room in ROOMS if room != "gateway"}
    told: dict[str, dict[str, object]] = {
        "encoder": {"TRITON_URL": triton, "MEDIA_STORE": folder / "media"},
        "fusion": {"TRITON_URL": triton},
        "search": {"MILVUS_URI": milvus, "LEXICAL_PATH": folder / "words.db"},
        "ranker": {"TRITON_URL": triton},
        "gateway": {**UNSHED, "TOKEN_KEY": KEY, **{room.upper(): name for room, name in names.items()}},
    }
    with ExitStack() as stack:
        rooms = {
            room: [
                Replica(
                    room,
                    port,
                    {"METRICS_PORT": 0, "DRAIN_MS": DRAIN_MS, **told[room], **_own(room, at, folder)},
                    folder / f"{room}{at}.log",
                )
                for at, port in enumerate(ports[room])
            ]
            for room in ROOMS
        }
        for each in (each for of in rooms.values() for each in of):
            stack.callback(_end, each)
            each.start()
        for each in (each for of in rooms.values() for each in of):
            each.wait_until_ready()
        yield Replicas(rooms)


def _own(room: str, at: int, folder: Path) -> dict[str, object]:
    """Return what each replica has for itself."""
    return {"EVENTS_PATH": folder / f"events{at}.db"} if room == "gateway" else {}


def _end(replica: Replica) -> None:
    if replica.process and replica.process.poll() is None:
        replica.process.kill()
        replica.process.wait()
