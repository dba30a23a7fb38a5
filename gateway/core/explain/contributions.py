"""What each part of a query and each stage of a search adds to a product's score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, isclose

import numpy as np

from gateway.core.explain.likeness import likeness, neutral
from gateway.core.explain.model import Contribution, Stage
from gateway.core.explain.question import Question
from gateway.core.explain.shapley import shapley_values
from gateway.core.model.answer import Result
from triptych.vocabulary.choices import HybridFusion, Modality
from triptych.vocabulary.vectors import Doubles, Vector

# What ranking changes by less is what rounding left.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class VectorShares:
    """How the likeness of a product is shared: the Shapley values of the parts (n,), and what nobody adds."""

    values: Doubles
    nobody: float


def contributions(
    question: Question,
    result: Result,
    shares: VectorShares | None,
    found_words: Mapping[int, float],
) -> tuple[Contribution, ...]:
    """Return what adds up to the score of *result*.

    Args:
        question: the query.
        result: a product that it found.
        shares: how its likeness is shared; None where the product has no vector to compare, or is gone by now.
        found_words: by the place of each part whose words were looked for, how much of its words the product has.
    """
    hit = result.hit
    of_vector = hit.score if hit.vector_score is None else hit.vector_score
    vector = _of_vector(question, of_vector, shares)
    lexical = _of_words(hit.score - of_vector, found_words)
    boosts = [Contribution(Stage.BOOST, value, boost=name) for name, value in result.boosts.items()]
    before = [*vector, *lexical, *boosts]
    # Last, what is left: the order of ranking, of a second comparison, or of what else was put over the score.
    left = result.score - fsum(each.value for each in before)
    if result.ranking is None and isclose(left, 0, abs_tol=_ROUNDING):
        return tuple(before)
    return (*before, Contribution(Stage.RANKING, left))


def vector_shares(
    question: Question, vectors: Sequence[Vector | None], products: Doubles
) -> list[VectorShares]:
    """Return how the likeness of each of *products* (n, dimension) is shared; *vectors* are those of `coalitions`, and that of all."""
    metric = question.retrieval.metric
    nobody = neutral(question.vector.values, products, metric)
    of_players = shapley_values(likeness(vectors, products, metric, nobody))
    # Of a player of two parts, which share its weight evenly, each has half.
    sizes = np.array([len(player) for player in question.players])
    values = np.repeat(of_players / sizes[:, None], sizes, axis=0)
    return [VectorShares(values[:, column], float(nobody[column])) for column in range(len(products))]


def modalities(question: Question, items: Sequence[Contribution]) -> dict[Modality, float]:
    """Return the sums over the parts of each modality; words count as text whatever they were heard in."""
    sums: dict[Modality, list[float]] = {}
    for item in items:
        if item.part is not None:
            lexical = item.stage is Stage.LEXICAL
            modality = Modality.TEXT if lexical else question.parts[item.part].modality
            sums.setdefault(modality, []).append(item.value)
    return {modality: fsum(values) for modality, values in sorted(sums.items())}


def _of_vector(question: Question, total: float, shares: VectorShares | None) -> list[Contribution]:
    if shares is None:
        return [Contribution(Stage.VECTOR, total)] if total else []
    asked = question.retrieval
    if asked.texts and asked.hybrid_fusion is HybridFusion.RANKS and 0 < asked.lexical_weight < 1:
        values, nobody = _of_rank(total, shares.values), 0.0
    else:
        weight = 1 - asked.lexical_weight if asked.texts else 1.0
        values, nobody = weight * shares.values, weight * shares.nobody
        # The index has rounded. What it said counts as the worth of all parts together, of which each has 1/n.
        values += (total - values.sum() - nobody) / len(values)
    parts = [
        Contribution(Stage.VECTOR, float(value), part=place)
        for place, value in zip(question.places, values, strict=True)
    ]
    return [*parts, Contribution(Stage.VECTOR, nobody)] if nobody else parts


def _of_rank(total: float, values: Doubles) -> Doubles:
    """Return *total* shared as *values* are to one another; evenly where they cancel one another."""
    everything = values.sum()
    if abs(everything) < _ROUNDING:
        return np.full(len(values), total / len(values))
    return np.asarray(total * values / everything)


def _of_words(total: float, found_words: Mapping[int, float]) -> list[Contribution]:
    everything = fsum(found_words.values())
    return [
        Contribution(Stage.LEXICAL, total * value / everything, part=place)
        for place, value in sorted(found_words.items())
    ]
