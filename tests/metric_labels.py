"""What each label of our metrics may say: the one place that tells whether a label is bounded."""

import importlib
import pkgutil
import re

import grpc
from google.protobuf import descriptor_pool

from gateway.core.model.answer import Path
from gateway.core.model.degradation import Cause, Step
from gateway.core.recommend.blend import Why
from gateway.core.relevance import BROWSE, KINDS
from services.encoder.core.remembered import Source
from services.search.core.checking import Kind
from triptych import internal, v1
from triptych.vocabulary.choices import FusionStrategy, Modality, RankingStrategy, SpaceKind
from triptych.vocabulary.errors import Reason

CATALOGS_MAX = 100
# Names that an operator chooses: models of a pack, its versions, its spaces.
OPERATORS = re.compile(r"[\w./-]{0,100}")
# Names of calls to Milvus and SQLite, as they stand in our code.
CALLS = re.compile(r"[A-Za-z_]{1,40}")
CATALOG = re.compile(r"[\w.-]{1,128}")


def schema() -> tuple[set[str], set[str]]:
    """The names of all services and of all their methods."""
    for package in (v1, internal):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    pool = descriptor_pool.Default()
    services, methods = set(), set()
    for module in ("v1", "internal"):
        for name in SERVICES[module]:
            service = pool.FindServiceByName(f"triptych.{name}")
            services.add(service.full_name)
            methods |= {method.name for method in service.methods}
    return services, methods


SERVICES = {
    "v1": [
        f"v1.{each}Service" for each in ("ProductSearch", "Catalog", "Maintenance", "Upgrade", "Feedback")
    ],
    "internal": [
        f"internal.v1.{each}Service" for each in ("Encoder", "Fusion", "Search", "Generation", "Ranker")
    ],
}


def names(kind, *more: str) -> set[str]:
    return {each.name for each in kind} | set(more)


SERVICE_NAMES, METHOD_NAMES = schema()
REASONS = {each.value for each in Reason}
# By label, or by metric and label where a metric means something of its own.
ALLOWED: dict[str, set[str] | re.Pattern[str]] = {
    "service": SERVICE_NAMES,
    "method": METHOD_NAMES,
    "triptych_search_milvus_seconds method": CALLS,
    "triptych_search_lexical_seconds method": CALLS,
    "code": names(grpc.StatusCode),
    "outcome": REASONS | {"OK", "RECENT", "stored", "refused", "recorded", "known", "unknown"},
    "source": {each.value for each in Source},
    "modality": names(Modality, "NONE"),
    "model": OPERATORS,
    "version": OPERATORS,
    "strategy": names(FusionStrategy) | names(RankingStrategy),
    "fusion": names(FusionStrategy, "NONE"),
    "ranking": names(RankingStrategy, "NONE"),
    "space": names(SpaceKind),
    "triptych_model_info space": OPERATORS,
    "stage": {"listen", "encode", "look_up", "fuse", "search", "rank", "read", "explain"},
    "kind": {*KINDS, BROWSE},
    "triptych_search_inconsistencies kind": {each.name.lower() for each in Kind},
    "repaired": {"true", "false"},
    "path": {each.name.lower() for each in Path},
    "reason": REASONS,
    "triptych_gateway_recommended reason": {each.name.lower() for each in Why},
    "share": {"search", "write"},
    "triptych_rpc_shed reason": {"bytes", "full", "waited"},
    "room": {"encoder", "fusion", "search", "ranker"},
    "step": names(Step),
    "triptych_gateway_degradations reason": names(Cause),
    "store": {"events", "words", "media"},
    "file": OPERATORS,
    "catalog": CATALOG,
}


def rule(metric: str, label: str) -> set[str] | re.Pattern[str] | None:
    """What *label* of the metric of that name, without endings such as _total, may say; None where nobody said."""
    return ALLOWED.get(f"{metric} {label}", ALLOWED.get(label))


def is_allowed(metric: str, label: str, value: str) -> bool:
    """Whether the label may say that."""
    allowed = rule(metric, label)
    if isinstance(allowed, re.Pattern):
        return allowed.fullmatch(value) is not None
    return allowed is not None and value in allowed
