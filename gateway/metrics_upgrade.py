"""What is shown of upgrades: of those that there are, and of no more catalogues than a bound."""

from collections.abc import Collection

from prometheus_client import Counter, Gauge

from triptych.vocabulary.errors import TriptychError

# Each is a series of its own in Prometheus, and the name is a client's choice.
CATALOGS_MAX = 100

PHASE = Gauge(
    "triptych_gateway_upgrade_phase",
    "Where the last upgrade of a catalogue is: 1 backfilling, 2 comparing, 3 ready, 4 switched, 5 rolled back, 6 finished, "
    "7 cancelled; of at most 100 catalogues.",
    ["catalog"],
)
MISSING = Gauge(
    "triptych_gateway_upgrade_missing_products",
    "Products that lack vectors of one of the packs, as last counted; of at most 100 catalogues.",
    ["catalog"],
)
FAILURES = Counter(
    "triptych_gateway_upgrade_failures",
    "Times that an upgrade did not get on, by the reason; it is tried again.",
    ["reason"],
)


class UpgradeMetrics:
    """Shows the upgrades of at most *catalogs_max* catalogues."""

    def __init__(self, catalogs_max: int = CATALOGS_MAX) -> None:
        self._catalogs_max = catalogs_max
        self._shown: set[str] = set()

    def keep(self, catalogs: Collection[str]) -> None:
        """Show no longer what is not among *catalogs*."""
        for gone in self._shown.difference(catalogs):
            PHASE.remove(gone)
            MISSING.remove(gone)
        self._shown.intersection_update(catalogs)

    def show(self, catalog: str, phase: int, missing: int) -> None:
        """Show where the upgrade of *catalog* is, unless too many are shown already."""
        if catalog not in self._shown and len(self._shown) >= self._catalogs_max:
            return
        self._shown.add(catalog)
        PHASE.labels(catalog).set(phase)
        MISSING.labels(catalog).set(missing)

    def count_failure(self, error: TriptychError) -> None:
        """Count that an upgrade did not get on."""
        FAILURES.labels(error.reason.value).inc()
