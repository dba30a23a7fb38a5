"""The probability that a product is relevant: a logistic curve (Platt, 1999) over what the search knows of it.

    probability = 1 / (1 + exp(-(intercept + Σ weight · value)))

Values: "cosine", of query and product in the space searched; "lexical", BM25 of the query's words; "gap", how far the
cosine is behind the best one's. What the search does not know of a product counts 0. A curve belongs to a catalogue and
a kind of query, and holds for searches that leave space and fusion to the suite: others have other cosines.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gateway.core.model.answer import Result
from gateway.core.model.catalog import CatalogFacts
from gateway.core.model.query import Query
from gateway.core.model.ranking import Curve, Judge
from gateway.core.model.retrieval import Hit
from triptych.vocabulary.choices import FusionStrategy, Modality, SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import FailedPrecondition, Reason

KIND_OF_MODALITY = {Modality.TEXT: "text", Modality.IMAGE: "image", Modality.AUDIO: "audio"}
MIXED = "mixed"
ANY = "any"
BROWSE = "browse"
KINDS = (*KIND_OF_MODALITY.values(), MIXED, ANY)
VALUES = ("cosine", "lexical", "gap")


def kind_of(modalities: Sequence[Modality]) -> str:
    """Return the kind of a query that looks for *modalities*, each named once; without any, products are browsed."""
    if not modalities:
        return BROWSE
    if len(modalities) > 1:
        return MIXED
    return KIND_OF_MODALITY.get(modalities[0], ANY)


def curve_of(facts: CatalogFacts, query: Query, modalities: Sequence[Modality]) -> Curve | None:
    """Return the curve for *query*, which looks for *modalities*; None where there is none for such a query.

    Raises:
        FailedPrecondition: NOT_CALIBRATED, there is none and *query* cuts by relevance.
    """
    kind = kind_of(modalities)
    curve = facts.calibration.get(kind, facts.calibration.get(ANY)) if is_usual(query, modalities) else None
    if curve is None and query.min_relevance is not None:
        raise FailedPrecondition(
            f"The catalogue {query.catalog!r} has no calibration for such a query; `triptych calibrate` fits one.",
            reason=Reason.NOT_CALIBRATED,
            field="min_relevance",
            metadata={"catalog": query.catalog, "kind": kind},
        )
    return curve


def is_usual(query: Query, modalities: Sequence[Modality]) -> bool:
    """Return whether *query* asks for the space and the fusion that it would get anyway."""
    if not modalities:
        return False
    usual = SpaceKind.IMAGE if tuple(modalities) == (Modality.IMAGE,) else SpaceKind.FUSED
    return query.space in (None, usual) and (len(query.parts) == 1 or query.fusion is FusionStrategy.LEARNED)


def probability(curve: Curve, values: Mapping[str, float]) -> float:
    """Return what *curve* makes of *values*, 0 to 1."""
    logit = curve.intercept + sum(weight * values.get(name, 0.0) for name, weight in curve.weights.items())
    # Of two forms the one whose exponential cannot overflow.
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def judge_of(curve: Curve | None, hits: Sequence[Hit], metric: SimilarityMetric) -> Judge | None:
    """Return what judges *hits* and all others of the same search by *curve*; None without one."""
    if curve is None:
        return None
    cosines = [cosine(hit.similarity, metric) for hit in hits if hit.similarity is not None]
    return Judge(curve, max(cosines, default=0.0))


def judged(judge: Judge | None, query: Query, results: Sequence[Result]) -> tuple[Result, ...]:
    """Return *results* with their relevance, without those that have less than *query* asks for."""
    if judge is None:
        return tuple(results)
    told = ((result, relevance(judge, result.hit, query.metric)) for result in results)
    least = query.min_relevance or 0.0
    return tuple(replace(result, relevance=value) for result, value in told if value >= least)


def relevance(judge: Judge, hit: Hit, metric: SimilarityMetric) -> float:
    """Return the probability that *hit* is relevant; who writes an article number gets what he means."""
    if hit.exact_match:
        return 1.0
    near = 0.0 if hit.similarity is None else cosine(hit.similarity, metric)
    values = {"cosine": near, "lexical": hit.lexical or 0.0, "gap": judge.best_cosine - near}
    return probability(judge.curve, values)


def cosine(similarity: float, metric: SimilarityMetric) -> float:
    """Return a similarity as curves and networks are fitted on it: ‖a − b‖² = 2 − 2·cos(a, b) for vectors of length 1."""
    return 1 - similarity * similarity / 2 if metric is SimilarityMetric.EUCLIDEAN else similarity
