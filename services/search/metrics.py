"""Prometheus metrics of search beyond those of every RPC. Listed in README.md and docs/metrics.md."""

from collections.abc import Mapping

from prometheus_client import Counter, Gauge, Histogram

from services.search.core.checking import Kind
from services.search.core.model import Found, Hit
from services.search.core.sentinel import Outcome, Verdict
from triptych.vocabulary.choices import SpaceKind

MILVUS_SECONDS = Histogram(
    "triptych_search_milvus_seconds",
    "Duration of calls to Milvus, in seconds, by method.",
    ["method"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
LEXICAL_SECONDS = Histogram(
    "triptych_search_lexical_seconds",
    "Duration of calls to the lexical index, waiting for a thread included, in seconds, by method.",
    ["method"],
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
HITS = Histogram(
    "triptych_search_hits",
    "Products found per search, by space.",
    ["space"],
    buckets=(0, 1, 5, 10, 20, 50, 100, 200, 500, 1000),
)
EXTRA_ROUNDS = Counter(
    "triptych_search_extra_rounds",
    "Times that a search asked the index again: views, variants or exclusions crowded out others, by space.",
    ["space"],
)
BY_WORDS = Counter(
    "triptych_search_hits_by_words",
    "Products found whose words counted more than their vector, by space.",
    ["space"],
)
EXACT_MATCHES = Counter(
    "triptych_search_exact_matches",
    "Products found by their id or an article number.",
)
INCONSISTENCIES = Counter(
    "triptych_search_inconsistencies",
    "What a check of a catalogue found, by kind and whether it was mended.",
    ["kind", "repaired"],
)
for _wrong in Kind:
    for _repaired in ("true", "false"):
        # Prometheus sees no increase in a series that begins with it: the first check that finds something is to be told.
        INCONSISTENCIES.labels(_wrong.name.lower(), _repaired)

SENTINEL_SEARCHES = Counter(
    "triptych_search_sentinel_searches",
    "Searches drawn to be made again exactly, by space and outcome: COMPARED, or why not.",
    ["space", "outcome"],
)
SENTINEL_EXPECTED = Counter(
    "triptych_search_sentinel_expected",
    "Rows that are exactly among the ten nearest of the searches compared, by space.",
    ["space"],
)
SENTINEL_MISSED = Counter(
    "triptych_search_sentinel_missed",
    "Those of them that the index did not find, by space; recall@10 is 1 less their share.",
    ["space"],
)
for _kind in SpaceKind:
    # Prometheus sees no increase in a series that begins with it.
    SENTINEL_EXPECTED.labels(_kind.name)
    SENTINEL_MISSED.labels(_kind.name)
CATALOGS = Gauge("triptych_search_catalogs", "Catalogues that there are, as last counted.")
VECTORS = Gauge(
    "triptych_search_vectors",
    "Vectors of a catalogue by space, as last counted; of at most 100 catalogues, the first by name.",
    ["catalog", "space"],
)


def observe(kind: SpaceKind, found: Found) -> None:
    """Note what a search found."""
    HITS.labels(kind.name).observe(len(found.hits))
    EXTRA_ROUNDS.labels(kind.name).inc(max(0, found.rounds - 1))
    BY_WORDS.labels(kind.name).inc(sum(_is_by_words(hit) for hit in found.hits))
    EXACT_MATCHES.inc(sum(hit.exact_match for hit in found.hits))


def observe_sentinel(kind: SpaceKind, outcome: Outcome, verdict: Verdict) -> None:
    """Count what became of a search that the sentinel drew."""
    SENTINEL_SEARCHES.labels(kind.name, outcome).inc()
    SENTINEL_EXPECTED.labels(kind.name).inc(verdict.expected)
    SENTINEL_MISSED.labels(kind.name).inc(verdict.missed)


def observe_census(catalogs: int, vectors: Mapping[tuple[str, SpaceKind], int]) -> None:
    """Show what was counted, and nothing of what is no longer there."""
    CATALOGS.set(catalogs)
    current = {(catalog, kind.name): count for (catalog, kind), count in vectors.items()}
    for gone in _shown - current.keys():
        VECTORS.remove(*gone)
    for labels, count in current.items():
        VECTORS.labels(*labels).set(count)
    _shown.clear()
    _shown.update(current)


_shown: set[tuple[str, str]] = set()


def _is_by_words(hit: Hit) -> bool:
    return hit.vector_score is not None and hit.score - hit.vector_score > hit.vector_score
