"""The parts of the local suite: how each is started, where it listens, how one asks whether it is ready."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from triptych.local.bound import bound_command
from triptych.local.milvus import milvus_command
from triptych.local.ports import LOOPBACK
from triptych.local.serving import link_of
from triptych.local.settings import SuiteSettings
from triptych.local.triton import TritonPorts, triton_command

# In the order in which they stop: first who calls, then who is called.
GROUPS = ("gateway", "rooms", "engines")


@dataclass(frozen=True)
class Part:
    """One process of the suite.

    Args:
        name: "milvus", "encoder" …
        group: which of GROUPS it stops with.
        command: starts it in the foreground.
        port: where it is called.
        other_ports: what it also listens on.
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
        return f"{LOOPBACK}:{self.port}"


def parts_of(settings: SuiteSettings) -> list[Part]:
    """Return the parts in the order in which they start."""
    triton = {"TRITON_URL": _address(settings.triton_grpc_port)}
    rooms = {
        name: _address(getattr(settings, f"{name}_port"))
        for name in ("encoder", "fusion", "search", "ranker")
    }
    return [
        _milvus(settings),
        _triton(settings),
        _room(
            settings,
            "encoder",
            "triptych.internal.v1.EncoderService",
            {**triton, "MEDIA_STORE": str(settings.folder / "media")},
        ),
        _room(settings, "fusion", "triptych.internal.v1.FusionService", triton),
        _room(
            settings,
            "search",
            "triptych.internal.v1.SearchService",
            {
                "MILVUS_URI": f"http://{_address(settings.milvus_port)}",
                "LEXICAL_PATH": str(settings.folder / "search" / "lexical.db"),
            },
        ),
        _room(settings, "ranker", "triptych.internal.v1.RankerService", triton),
        _room(
            settings,
            "gateway",
            "triptych.v1.ProductSearchService",
            {
                **{name.upper(): address for name, address in rooms.items()},
                "EVENTS_PATH": str(settings.folder / "gateway" / "events.db"),
            },
        ),
    ]


def _milvus(settings: SuiteSettings) -> Part:
    port, metrics_port = settings.milvus_port, settings.milvus_metrics_port
    command = milvus_command(settings.folder / "milvus", port, metrics_port)
    return Part(
        name="milvus",
        group="engines",
        command=tuple(bound_command(command)),
        port=port,
        other_ports=(metrics_port,),
        environment={},
        # Milvus's own grpc.health.v1, of what clients call: after a kill its /healthz was once seen to deny, for
        # minutes, a Milvus that answered.
    )


def _triton(settings: SuiteSettings) -> Part:
    ports = TritonPorts(settings.triton_grpc_port, settings.triton_http_port, settings.triton_metrics_port)
    command = triton_command(link_of(settings), settings.folder / "triton", ports)
    return Part(
        name="triton",
        group="engines",
        command=tuple(bound_command(command)),
        port=ports.grpc,
        other_ports=(ports.http, ports.metrics),
        environment={},
        health_url=f"http://{_address(ports.http)}/v2/health/ready",
    )


def _room(settings: SuiteSettings, name: str, service: str, told: Mapping[str, str]) -> Part:
    port, metrics_port = getattr(settings, f"{name}_port"), getattr(settings, f"{name}_metrics_port")
    module = "gateway.main" if name == "gateway" else f"services.{name}.main"
    told = {
        "PORT": str(port),
        "METRICS_PORT": str(metrics_port),
        # Nobody has to hear of it before a room stops: there is no load balancer on one machine.
        "DRAIN_MS": "0",
        **told,
    }
    return Part(
        name=name,
        group="gateway" if name == "gateway" else "rooms",
        command=tuple(bound_command([sys.executable, "-m", module])),
        port=port,
        other_ports=(metrics_port,),
        environment={f"TRIPTYCH_{name.upper()}_{key}": value for key, value in told.items()},
        health_service=service,
    )


def _address(port: int) -> str:
    return f"{LOOPBACK}:{port}"
