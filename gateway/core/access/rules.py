"""What each public RPC asks of its caller: the one place. A test holds it against the schema; docs/security.md shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from triptych.vocabulary.roles import Role


class Scope(Enum):
    """Which catalogues an RPC touches."""

    NAMED = "the catalogue that it names"
    LISTED = "tells of those that the caller may use"
    TOKENS = "those of the answers that its events follow from"
    EVERY = "every one"
    NONE = "none"


@dataclass(frozen=True)
class Rule:
    """What an RPC asks of its caller.

    Args:
        role: the least.
        scope: the catalogues that the caller must be allowed to use.
        items: the repeated field of the request whose messages are counted in the audit log.
    """

    role: Role
    scope: Scope = Scope.NAMED
    items: str = ""
    is_write: bool = False


def _write(role: Role, items: str = "", scope: Scope = Scope.NAMED) -> Rule:
    return Rule(role, scope, items, is_write=True)


RULES: Mapping[str, Rule] = {
    "ProductSearchService/SearchProducts": Rule(Role.SEARCH),
    "ProductSearchService/RecommendProducts": Rule(Role.SEARCH),
    "ProductSearchService/RecognizeProduct": Rule(Role.SEARCH),
    "ProductSearchService/SuggestQueries": Rule(Role.SEARCH),
    "ProductSearchService/DescribeImage": Rule(Role.SEARCH, Scope.NONE),
    "ProductSearchService/TranscribeAudio": Rule(Role.SEARCH, Scope.NONE),
    "CatalogService/GetProduct": Rule(Role.SEARCH),
    "CatalogService/ListProducts": Rule(Role.SEARCH),
    "CatalogService/GetCatalog": Rule(Role.SEARCH),
    "CatalogService/ListCatalogs": Rule(Role.SEARCH, Scope.LISTED),
    # Whoever shows answers tells what became of them.
    "FeedbackService/RecordEvents": _write(Role.SEARCH, "events", Scope.TOKENS),
    "CatalogService/UpsertProducts": _write(Role.WRITE, "products"),
    "CatalogService/IngestProducts": _write(Role.WRITE, "items"),
    "CatalogService/UpdateProduct": _write(Role.WRITE),
    "CatalogService/UpdateProducts": _write(Role.WRITE, "updates"),
    "CatalogService/DeleteProducts": _write(Role.WRITE, "ids"),
    "CatalogService/CreateCatalog": _write(Role.ADMIN),
    "CatalogService/DeleteCatalog": _write(Role.ADMIN),
    "CatalogService/SetCalibration": _write(Role.ADMIN),
    # What customers did, and whole catalogues with their vectors.
    "FeedbackService/ListEvents": Rule(Role.ADMIN),
    "MaintenanceService/ExportProducts": Rule(Role.ADMIN),
    "MaintenanceService/ImportProducts": _write(Role.ADMIN, "products"),
    "MaintenanceService/CheckCatalog": _write(Role.ADMIN),
    "MaintenanceService/SweepMedia": _write(Role.ADMIN, scope=Scope.EVERY),
    "UpgradeService/GetUpgrade": Rule(Role.ADMIN),
    "UpgradeService/ListUpgrades": Rule(Role.ADMIN, Scope.LISTED),
    "UpgradeService/StartUpgrade": _write(Role.ADMIN),
    "UpgradeService/SwitchUpgrade": _write(Role.ADMIN),
    "UpgradeService/RollBackUpgrade": _write(Role.ADMIN),
    "UpgradeService/FinishUpgrade": _write(Role.ADMIN),
    "UpgradeService/CancelUpgrade": _write(Role.ADMIN),
}
