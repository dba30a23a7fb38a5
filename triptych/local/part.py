"""A part of the local suite."""

from collections.abc import Mapping
from dataclasses import dataclass

from triptych.local.ports import LOOPBACK


@dataclass(frozen=True)
class Part:
    """One process of the suite.

    Args:
        name: "milvus", "encoder" …
        group: which of GROUPS it stops with.
        command: starts it in the foreground.
        port: where it is called.
        other_ports: what it also listens on; the last one shows its metrics.
        health_url: answers with a success when the part is ready; empty where `health_service` says so.
        health_service: the name under which its grpc.health.v1 tells of readiness.
        environment: what it is told.
    """

    name: str
    group: str
    command: tuple[str, ...]
    port: int
    other_ports: tuple[int, ...]
    environment: Mapping[str, str]
    health_url: str = ""
    health_service: str = ""

    @property
    def address(self) -> str:
        """Where it is called."""
        return address_of(self.port)

    @property
    def metrics_port(self) -> int:
        """Where it shows its metrics to Prometheus, under /metrics."""
        return self.other_ports[-1]


def address_of(port: int) -> str:
    """Return where *port* of this machine is called."""
    return f"{LOOPBACK}:{port}"
