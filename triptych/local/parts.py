"""The parts of the local suite: how each is started, where it listens, how one asks whether it is ready."""

import sys
from collections.abc import Mapping

from triptych.local.bound import bound_command
from triptych.local.milvus import milvus_command
from triptych.local.next_pack import next_link_of, next_parts, told_of_next
from triptych.local.part import Part, address_of
from triptych.local.serving import link_of
from triptych.local.settings import SuiteSettings
from triptych.local.triton import TritonPorts, triton_command

# In the order in which they stop: first who calls, then who is called.
GROUPS = ("gateway", "rooms", "engines")


def parts_of(settings: SuiteSettings) -> list[Part]:
    """Return the parts in the order in which they start."""
    triton = {"TRITON_URL": address_of(settings.triton_grpc_port)}
    rooms = {
        name: address_of(getattr(settings, f"{name}_port"))
        for name in ("encoder", "fusion", "search", "ranker")
    }
    return [
        _milvus(settings),
        _triton(settings),
        *(next_parts(settings) if next_link_of(settings).is_symlink() else ()),
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
                "MILVUS_URI": f"http://{address_of(settings.milvus_port)}",
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
                **told_of_next(settings),
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
        health_url=f"http://{address_of(ports.http)}/v2/health/ready",
    )


def _room(settings: SuiteSettings, name: str, service: str, told: Mapping[str, str]) -> Part:
    port, metrics_port = getattr(settings, f"{name}_port"), getattr(settings, f"{name}_metrics_port")
    module = "gateway.main" if name == "gateway" else f"services.{name}.main"
    told = {
        "PORT": str(port),
        "METRICS_PORT": str(metrics_port),
        # Nobody has to hear of it before a room stops: there is no load balancer on one machine.
        "DRAIN_MS": "0",
        "TRACING_ENDPOINT": settings.tracing_endpoint,
        "TRACING_RATIO": str(settings.tracing_ratio),
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
