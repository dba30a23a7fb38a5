"""What was shown, and what was known of it when it was.

A ranking network has to learn from the features of that moment: prices, stock and models change. They travel with the
answer inside its attribution token and come back with the events, so that nothing is kept of answers that nobody used.
"""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gateway.core.feedback.model import Shown
from gateway.core.model.answer import Answer, NextPage
from gateway.core.model.query import Query
from gateway.core.model.ranking import FEATURE_OF_SPACE
from gateway.core.model.retrieval import Hit
from gateway.core.ports.products import ProductReader
from gateway.core.ports.tokens import Attributions
from gateway.core.ranking import known_features
from gateway.core.recommend.recommender import Recommendations
from gateway.core.relevance import cosine, is_usual, kind_of
from triptych.vocabulary.choices import Modality, SimilarityMetric, SpaceKind

RECOMMENDATION = "recommendation"
UNKNOWN = float("nan")


@dataclass(frozen=True)
class ShownAnswers:
    """Makes the attribution tokens of answers; *now* returns the seconds since 1970."""

    attributions: Attributions
    reader: ProductReader
    now: Callable[[], float] = time.time

    def search(
        self, query: Query, answer: Answer | NextPage, modalities: Sequence[Modality], search_id: str = ""
    ) -> str:
        """Return the token of a page of a search that looked for *modalities*; by *search_id*, or one of its own."""
        hits = [result.hit for result in answer.results]
        space = answer.space if isinstance(answer, Answer) else answer.asked.space
        rows = {hit.id: known_of(hit, space, query.metric, self.reader) for hit in hits}
        best = best_cosine(query, answer, modalities)
        if best is not None:
            rows = {hit.id: rows[hit.id] | judgeable(hit, query.metric, best) for hit in hits}
        return self._token(query.catalog, kind_of(modalities), rows, search_id)

    def recommendations(self, catalog: str, found: Recommendations) -> str:
        """Return the token of recommendations."""
        rows = {each.id: self.reader.features(each.product) for each in found.results}
        return self._token(catalog, RECOMMENDATION, rows)

    def _token(
        self, catalog: str, kind: str, rows: Mapping[str, Mapping[str, float]], search_id: str = ""
    ) -> str:
        names = tuple(sorted({name for row in rows.values() for name in row}))
        products = {each: tuple(row.get(name, UNKNOWN) for name in names) for each, row in rows.items()}
        return self.attributions.seal(
            Shown(search_id or uuid.uuid4().hex, catalog, self.now(), kind, names, products)
        )


def best_cosine(query: Query, answer: Answer | NextPage, modalities: Sequence[Modality]) -> float | None:
    """Return the cosine of the most similar product, by which curves are calibrated; None where it says nothing.

    It is known where all that was found is at hand, on the first page, and means the same from one search to the next
    where these leave space and fusion to the suite.
    """
    if not (isinstance(answer, Answer) and is_usual(query, modalities)):
        return None
    waiting = answer.chain.waiting if answer.chain else ()
    cosines = [near(result.hit, query.metric) for result in (*answer.results, *waiting)]
    return max((each for each in cosines if each is not None), default=None)


def judgeable(hit: Hit, metric: SimilarityMetric, best: float) -> dict[str, float]:
    """Return what curves weigh of a hit; see `gateway.core.relevance`."""
    value = near(hit, metric) or 0.0
    return {"cosine": value, "gap": best - value, "lexical": hit.lexical or 0.0}


def known_of(hit: Hit, space: SpaceKind, metric: SimilarityMetric, reader: ProductReader) -> dict[str, float]:
    """Return what networks can look at of a hit."""
    known, value = known_features(hit, metric, reader), near(hit, metric)
    return known if value is None else known | {FEATURE_OF_SPACE[space]: value}


def near(hit: Hit, metric: SimilarityMetric) -> float | None:
    """Return the cosine of a hit; None where it has no vector."""
    return None if hit.similarity is None else cosine(hit.similarity, metric)
