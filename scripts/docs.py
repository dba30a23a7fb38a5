"""Write the tables of docs/settings.md and docs/metrics.md from the code, or check that they are current.

    python scripts/docs.py            # write them
    python scripts/docs.py --check    # exit 1 when they differ

What stands before a page's first table section ("## ") is written by hand and kept.
"""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from prometheus_client import REGISTRY, Counter
from prometheus_client.metrics import MetricWrapperBase
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

import gateway
import services
from gateway.settings import GatewaySettings
from services.encoder.settings import EncoderSettings
from services.fusion.settings import FusionSettings
from services.ranker.settings import RankerSettings
from services.search.settings import SearchSettings
from triptych import runtime
from triptych.local.settings import SuiteSettings
from triptych.runtime.settings import ServerSettings

DOCS = Path(__file__).resolve().parent.parent / "docs"
ROOMS: Mapping[str, type[ServerSettings]] = {
    "gateway": GatewaySettings,
    "encoder": EncoderSettings,
    "fusion": FusionSettings,
    "search": SearchSettings,
    "ranker": RankerSettings,
}
PREFIX = "triptych_"
NOT_SET = "not set"


def settings_tables() -> str:
    """Return a table of what all rooms share, one of each room's own settings, and the local suite's."""
    shared = {key: info for key, info in ServerSettings.model_fields.items() if is_shared(key)}
    sections = [("Every room", shared, "TRIPTYCH_<ROOM>_")]
    for name, settings in ROOMS.items():
        own = {key: info for key, info in settings.model_fields.items() if is_own(key, info)}
        sections.append((name.capitalize(), own, prefix_of(settings)))
    sections.append(("The local suite", SuiteSettings.model_fields, prefix_of(SuiteSettings)))
    return "\n".join(
        f"## {title}\n\n" + table(("variable", "default", "bounds", "meaning"), settings_rows(fields, prefix))
        for title, fields, prefix in sections
    )


def prefix_of(settings: type[BaseSettings]) -> str:
    """Return how the names of a class's variables begin."""
    return str(settings.model_config["env_prefix"])


def is_own(key: str, info: FieldInfo) -> bool:
    """Whether a room's setting is its own, or differs from what all rooms share."""
    shared = ServerSettings.model_fields.get(key)
    return shared is None or shared.default != info.default


def is_shared(key: str) -> bool:
    """Whether some room takes the shared default; a room without one has a port of its own, say."""
    return not all(is_own(key, settings.model_fields[key]) for settings in ROOMS.values())


def settings_rows(fields: Mapping[str, FieldInfo], prefix: str) -> Iterable[tuple[str, ...]]:
    """Yield the rows of one settings table."""
    for name, info in fields.items():
        yield f"`{prefix}{name.upper()}`", default(info.default), bounds(info), info.description or ""


def default(value: Any) -> str:
    """Return a default as it would be typed."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, Path):
        # A path inside the checkout is shown from its root, as it reads on every machine.
        value = value.relative_to(DOCS.parent) if value.is_relative_to(DOCS.parent) else value
    if isinstance(value, bool):
        value = str(value).lower()
    return NOT_SET if value in {"", ()} else f"`{value}`"


def bounds(info: FieldInfo) -> str:
    """Return what a value must keep to: "1 … 64", "at least 1", one of several words, a pattern."""
    if get_origin(info.annotation) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(info.annotation))
    if info.annotation is bool:
        return "`true`, `false`"
    found = {name: limit(info, name) for name in ("ge", "le", "min_length", "pattern")}
    if found["pattern"] is not None:
        return f"`{found['pattern']}`"
    if found["min_length"] is not None:
        return "not empty"
    if found["ge"] is not None and found["le"] is not None:
        return f"{found['ge']} … {found['le']}"
    return f"at least {found['ge']}" if found["ge"] is not None else ""


def limit(info: FieldInfo, name: str) -> Any:
    """Return a bound of *info* by pydantic's word for it; None when it has none."""
    return next(
        (getattr(each, name) for each in info.metadata if getattr(each, name, None) is not None), None
    )


def metrics_tables() -> str:
    """Return a table of the metrics of every RPC, and one for each room that has more."""
    rows: dict[str, list[tuple[str, ...]]] = {
        title: [] for title in ("Every room", *map(str.capitalize, ROOMS))
    }
    for metric in metrics():
        room = metric._name.removeprefix(PREFIX).split("_")[0]
        rows[room.capitalize() if room in ROOMS else "Every room"].append(metric_row(metric))
    return "\n".join(
        f"## {title}\n\n" + table(("metric", "type", "labels", "meaning"), found)
        for title, found in rows.items()
        if found
    )


def metrics() -> list[MetricWrapperBase]:
    """Return every metric that the rooms register, sorted by name."""
    for package in (gateway, services, runtime):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    ours = {metric for name, metric in REGISTRY._names_to_collectors.items() if name.startswith(PREFIX)}
    return sorted((m for m in ours if isinstance(m, MetricWrapperBase)), key=lambda metric: metric._name)


def metric_row(metric: MetricWrapperBase) -> tuple[str, ...]:
    """Return one row; a counter is named as Prometheus shows it, with _total."""
    name = metric._name + ("_total" if isinstance(metric, Counter) else "")
    labels = ", ".join(f"`{label}`" for label in metric._labelnames)
    return f"`{name}`", type(metric).__name__.lower(), labels, metric._documentation


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    escaped = ((cell.replace("|", "\\|") for cell in line) for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def main() -> int:
    """Run as the usage at the head says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = 0
    for name, tables in (("settings.md", settings_tables()), ("metrics.md", metrics_tables())):
        page = DOCS / name
        before = page.read_text(encoding="utf-8")
        current = before.partition("\n## ")[0].rstrip() + "\n\n" + tables
        if before == current:
            continue
        if check:
            print(f"stale: docs/{name} (run `python scripts/docs.py`)")
            stale = 1
        else:
            page.write_text(current, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
