"""What rules and boards may ask for."""

import importlib
import pkgutil

import pytest
import yaml
from prometheus_client import REGISTRY, Counter, Histogram

import gateway
import services
from tests.engine_metrics import MILVUS, TRITON
from triptych import runtime
from triptych.local.parts import parts_of
from triptych.local.prometheus import RULES
from triptych.local.settings import SuiteSettings

# Prometheus adds these two to every series.
TARGET = {"job", "instance"}
PROCESS = {"process_cpu_seconds_total", "process_resident_memory_bytes"}


@pytest.fixture(scope="session")
def rules():
    """Every rule, in the order of its file."""
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yaml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


@pytest.fixture(scope="session")
def alerts(rules):
    """Every alert by its name."""
    return {rule["alert"]: rule for rule in rules if "alert" in rule}


@pytest.fixture
def local_parts(tmp_path):
    """The parts of the local suite."""
    return parts_of(SuiteSettings(state=tmp_path))


@pytest.fixture(scope="session")
def known(rules):
    """The labels of every series that there is, by its name; None where they are not ours to say."""
    for package in (gateway, services, runtime):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found = {"up": TARGET, "ALERTS": None}
    found |= dict.fromkeys(
        [*PROCESS, *TRITON, *MILVUS, *(rule["record"] for rule in rules if "record" in rule)]
    )
    for metric in set(REGISTRY._names_to_collectors.values()):
        if getattr(metric, "_name", "").startswith("triptych_"):
            labels = TARGET | set(metric._labelnames)
            if isinstance(metric, Histogram):
                found |= {f"{metric._name}_bucket": labels | {"le"}}
                found |= dict.fromkeys([f"{metric._name}_sum", f"{metric._name}_count"], labels)
            else:
                found[metric._name + ("_total" if isinstance(metric, Counter) else "")] = labels
    return found
