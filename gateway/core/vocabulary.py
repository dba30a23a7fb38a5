"""The strings that a catalogue's products have in their fields, so that words of a query can be taken for them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.core.model.query import FacetWish
from gateway.core.model.retrieval import Retrieval
from gateway.core.ports.rooms import Index
from gateway.core.understanding import FIELDS, Vocabulary
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind

# How long a vocabulary is remembered: new values are understood that much later.
MEMORY_S = 60.0
# A request counts so many fields, and so many values of each. Further attributes are known by name alone.
FACETS_MAX = 16
VALUES_MAX = 300
_STRINGS = frozenset({"string", "strings"})
_ATTRIBUTE = "attributes."


@dataclass(frozen=True)
class Vocabularies:
    """Asks *index* for what products are like, at most once in *MEMORY_S* a catalogue."""

    index: Index
    now: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[float, Vocabulary]] = field(default_factory=dict)

    async def of(self, catalog: str) -> Vocabulary:
        """Return the values of brand, category and the attributes that are strings, most frequent first.

        Raises:
            NotFound: the catalogue does not exist.
            Unavailable, DeadlineExceeded: the search room does not answer, or not in time.
        """
        until, known = self._known.get(catalog, (0.0, {}))
        if self.now() < until:
            return known
        vocabulary = await self._read(catalog)
        self._known[catalog] = self.now() + MEMORY_S, vocabulary
        return vocabulary

    async def _read(self, catalog: str) -> Vocabulary:
        facts = await self.index.facts(catalog)
        names = [name for name, kinds in sorted(facts.attributes.items()) if _STRINGS & set(kinds)]
        fields = [*sorted(FIELDS), *(f"{_ATTRIBUTE}{name}" for name in names)][:FACETS_MAX]
        found = await self.index.search(
            Retrieval(
                catalog,
                None,
                SpaceKind.FUSED,
                SimilarityMetric.COSINE,
                limit=1,
                order_by="popularity desc",
                facets=tuple(FacetWish(each, VALUES_MAX) for each in fields),
            )
        )
        values = {
            facet.field.removeprefix(_ATTRIBUTE): [
                value for value, _ in facet.values if isinstance(value, str)
            ]
            for facet in found.facets
        }
        return {name: values.get(name, []) for name in (*sorted(FIELDS), *names)}
