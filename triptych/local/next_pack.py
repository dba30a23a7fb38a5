"""A second pack beside the one that the suite serves: a Triton, an encoder and a fusion of its own, for model upgrades."""

import sys
from collections.abc import Mapping
from pathlib import Path

from triptych.local.bound import bound_command
from triptych.local.part import Part, address_of
from triptych.local.serving import link_to
from triptych.local.settings import SuiteSettings
from triptych.local.triton import TritonPorts, triton_command

NEXT = "next-pack"


def next_link_of(settings: SuiteSettings) -> Path:
    """Return the link that the second Triton is started on; there is none where no second pack is served."""
    return settings.folder / NEXT


def serve_next(settings: SuiteSettings, folder: Path | None) -> None:
    """Let the next start serve the pack in *folder* too; None: no second one.

    Raises:
        PackError: it is not sound.
    """
    link = next_link_of(settings)
    if folder is None:
        link.unlink(missing_ok=True)
    else:
        link_to(link, folder)


def next_parts(settings: SuiteSettings) -> list[Part]:
    """Return the parts of the second pack."""
    ports = TritonPorts(
        settings.triton_next_grpc_port, settings.triton_next_http_port, settings.triton_next_metrics_port
    )
    triton = Part(
        name="triton_next",
        group="engines",
        command=tuple(
            bound_command(triton_command(next_link_of(settings), settings.folder / "triton_next", ports))
        ),
        port=ports.grpc,
        other_ports=(ports.http, ports.metrics),
        environment={},
        health_url=f"http://{address_of(ports.http)}/v2/health/ready",
    )
    told = {"TRITON_URL": triton.address}
    return [
        triton,
        _room(
            settings,
            "encoder",
            "triptych.internal.v1.EncoderService",
            {**told, "MEDIA_STORE": str(settings.folder / "media")},
        ),
        _room(settings, "fusion", "triptych.internal.v1.FusionService", told),
    ]


def told_of_next(settings: SuiteSettings) -> dict[str, str]:
    """Return what the gateway is told of the second pack."""
    if not next_link_of(settings).is_symlink():
        return {}
    return {
        "ENCODER_NEXT": address_of(settings.encoder_next_port),
        "FUSION_NEXT": address_of(settings.fusion_next_port),
    }


def _room(settings: SuiteSettings, name: str, service: str, told: Mapping[str, str]) -> Part:
    port = getattr(settings, f"{name}_next_port")
    metrics_port = getattr(settings, f"{name}_next_metrics_port")
    told = {"PORT": str(port), "METRICS_PORT": str(metrics_port), "DRAIN_MS": "0", **told}
    # In the command, since what supervisord is told is told to all parts, and the first encoder goes by the same names.
    variables = [f"TRIPTYCH_{name.upper()}_{key}={value}" for key, value in told.items()]
    return Part(
        name=f"{name}_next",
        group="rooms",
        command=("/usr/bin/env", *variables, *bound_command([sys.executable, "-m", f"services.{name}.main"])),
        port=port,
        other_ports=(metrics_port,),
        environment={},
        health_service=service,
    )
