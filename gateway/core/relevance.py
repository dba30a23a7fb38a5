"""The probability that a product is relevant: a logistic curve (Platt, 1999) over what the search knows of it.

    probability = 1 / (1 + exp(-(intercept + Σ weight · value)))

Values: "cosine", of query and product in the space searched; "lexical", BM25 of the query's words; "gap", how far the
cosine is behind the best one's. What the search does not know of a product counts 0. A curve belongs to a catalogue and
a kind of query, and holds for the searches that it was fitted on: those whose space and fusion are left to the suite.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gateway.core.model import CatalogFacts, Curve, Hit, Query, Result
from gateway.core.ranking import cosine
from triptych.vocabulary.choices import Modality, SimilarityMetric
from triptych.vocabulary.errors import FailedPrecondition, Reason

KIND_OF_MODALITY = {Modality.TEXT: "text", Modality.IMAGE: "image", Modality.AUDIO: "audio"}
MIXED = "mixed"
ANY = "any"
KINDS = (*KIND_OF_MODALITY.values(), MIXED, ANY)
VALUES = ("cosine", "lexical", "gap")


def kind_of(modalities: Sequence[Modality]) -> str:
    """Return the kind of a query that looks for *modalities*, each named once."""
    if len(modalities) > 1:
        return MIXED
    return KIND_OF_MODALITY.get(modalities[0], ANY)


def curve_of(facts: CatalogFacts, modalities: Sequence[Modality]) -> Curve | None:
    """Return the curve for a query of *modalities*, or that for any; None where there is neither."""
    return facts.calibration.get(kind_of(modalities), facts.calibration.get(ANY))


def required_curve(query: Query, curve: Curve | None) -> Curve | None:
    """Return *curve*.

    Raises:
        FailedPrecondition: NOT_CALIBRATED, there is none and *query* cuts by relevance.
    """
    if curve is None and query.min_relevance is not None:
        raise FailedPrecondition(
            f"The catalogue {query.catalog!r} has no calibration for such a query; `triptych calibrate` fits one.",
            reason=Reason.NOT_CALIBRATED,
            field="min_relevance",
            metadata={"catalog": query.catalog},
        )
    return curve


def probability(curve: Curve, values: Mapping[str, float]) -> float:
    """Return what *curve* makes of *values*, 0 to 1."""
    logit = curve.intercept + sum(weight * values.get(name, 0.0) for name, weight in curve.weights.items())
    # Of two forms the one whose exponential cannot overflow.
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def best_cosine(hits: Sequence[Hit], metric: SimilarityMetric) -> float:
    """Return the largest cosine among *hits*; 0 where none has one."""
    return max((known for hit in hits if (known := cosine_of(hit, metric)) is not None), default=0.0)


def cosine_of(hit: Hit, metric: SimilarityMetric) -> float | None:
    """Return the cosine of query and product; None for a product found by its words alone."""
    return None if hit.similarity is None else cosine(hit.similarity, metric)


def relevance(curve: Curve, hit: Hit, metric: SimilarityMetric, best: float) -> float:
    """Return the probability that *hit* is relevant; who writes an article number gets what he means."""
    if hit.exact_match:
        return 1.0
    near = cosine_of(hit, metric) or 0.0
    return probability(curve, {"cosine": near, "lexical": hit.lexical or 0.0, "gap": best - near})


def judged(curve: Curve | None, query: Query, results: Sequence[Result], best: float) -> tuple[Result, ...]:
    """Return *results* with their relevance, without those below what *query* asks for; as they are without a curve."""
    if curve is None:
        return tuple(results)
    told = (replace(each, relevance=relevance(curve, each.hit, query.metric, best)) for each in results)
    least = query.min_relevance or 0.0
    return tuple(each for each in told if each.relevance is not None and each.relevance >= least)
