"""Prometheus's configuration for the suite, for whoever wants to watch it: `prometheus --config.file=prometheus.yml`."""

import json
from collections.abc import Sequence
from pathlib import Path

from triptych.local.part import Part, address_of
from triptych.local.triton import IMPORT_ROOT

CONFIG = "prometheus.yml"
RULES = IMPORT_ROOT / "k8s" / "components" / "monitoring" / "rules"
INTERVAL_S = 15


def write_config(parts: Sequence[Part], folder: Path) -> None:
    """Write the configuration by which a Prometheus on this machine scrapes *parts* and evaluates the rules."""
    (folder / CONFIG).write_text(config_text(parts))


def config_text(parts: Sequence[Part], interval_s: int = INTERVAL_S, rules: Path = RULES) -> str:
    """Return the configuration; it is JSON, which YAML understands."""
    targets: dict[str, list[str]] = {}
    for part in parts:
        # The parts of a second pack do the same work: they are further replicas.
        targets.setdefault(f"triptych-{part.name.removesuffix('_next')}", []).append(
            address_of(part.metrics_port)
        )
    config = {
        "global": {"scrape_interval": f"{interval_s}s", "evaluation_interval": f"{interval_s}s"},
        "rule_files": [str(rules / "*.yaml")],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": found}]} for job, found in targets.items()
        ],
    }
    return json.dumps(config, indent=2) + "\n"
