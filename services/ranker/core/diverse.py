"""Greedy with diversity: maximal marginal relevance.

Carbonell and Goldstein, 1998, "The use of MMR, diversity-based reranking for reordering documents and producing
summaries". With S the candidates chosen so far, the next one is

    argmax over d not in S of  λ·score(d) + boost(d) - (1 - λ)·max over s in S of cos(d, s)

where the last term is 0 for the first choice. A boost is no similarity, so λ does not weigh it. The formula weighs
scores against cosines, so scores should be cosines or of their size.
"""

import asyncio
from collections.abc import Sequence

import numpy as np

from services.ranker.core.ports import Candidate, Ranked, Wish
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import Floats, Vector

# Up to this many products of a candidate with a chosen one, choosing takes about as long as a hop to another thread.
_PRODUCTS_INLINE_MAX = 20_000

# BLAS may round equal rows differently; equal candidates must tie all the same.
_COSINE_DECIMALS = 6


class DiverseRanker:
    """Orders by marginal relevance; equal values by id. λ = 1 is the order of similarity."""

    async def rank(self, candidates: Sequence[Candidate], wish: Wish) -> list[Ranked]:
        """Return the best; the score of each is its marginal relevance when it was chosen.

        Raises:
            InvalidArgument: VECTORS_MISSING, SPACE_MISMATCH or DIMENSION_MISMATCH, naming the candidate.
        """
        if not candidates:
            return []
        vectors = unit_vectors(candidates)
        if len(candidates) * wish.limit <= _PRODUCTS_INLINE_MAX:
            return choose(candidates, vectors, wish)
        # A large choice takes long enough to hold up other requests.
        return await asyncio.to_thread(choose, candidates, vectors, wish)


def choose(candidates: Sequence[Candidate], vectors: Floats, wish: Wish) -> list[Ranked]:
    """Choose one after the other, in O(limit · n · dimension).

    Args:
        candidates: n of them.
        vectors: theirs, of length 1, shape (n, dimension).
        wish: how many, and λ.
    """
    # In the order of ids, argmax returns the smallest id of equals.
    by_id = np.array(sorted(range(len(candidates)), key=lambda i: candidates[i].id), np.intp)
    vectors = vectors[by_id]
    scores = np.array([candidates[i].score for i in by_id])
    relevance = wish.diversity_lambda * scores + np.array([candidates[i].boost for i in by_id])
    nearest = np.full(len(by_id), -np.inf)
    value = relevance.copy()
    ranked = []
    for _ in range(min(wish.limit, len(by_id))):
        best = int(np.argmax(value))
        ranked.append(Ranked(int(by_id[best]), float(value[best])))
        relevance[best] = -np.inf
        nearest = np.maximum(nearest, np.round(vectors @ vectors[best], _COSINE_DECIMALS))
        value = relevance - (1 - wish.diversity_lambda) * nearest
    return ranked


def unit_vectors(candidates: Sequence[Candidate]) -> Floats:
    """Return the vectors of 1 or more candidates scaled to length 1, shape (n, dimension).

    Raises:
        InvalidArgument: one is missing, or of another space or dimension than the first.
    """
    first = candidates[0].vector
    rows = np.stack(
        [
            _comparable(candidate, first, f"candidates[{index}].vector")
            for index, candidate in enumerate(candidates)
        ]
    )
    # In float64, because the squares of large float32 numbers overflow.
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    units: Floats = (rows / lengths).astype(np.float32)
    return units


def _comparable(candidate: Candidate, first: Vector | None, field: str) -> Floats:
    vector = candidate.vector
    if vector is None or first is None:
        raise InvalidArgument(
            "Ranking for diversity needs the vector of every candidate.",
            reason=Reason.VECTORS_MISSING,
            field=field,
        )
    if vector.space != first.space:
        raise InvalidArgument(
            f'The space is "{vector.space}"; the first candidate\'s is "{first.space}", and all must be of one.',
            reason=Reason.SPACE_MISMATCH,
            field=f"{field}.space",
            metadata={"space": vector.space, "expected": first.space},
        )
    if vector.values.shape != first.values.shape:
        raise InvalidArgument(
            f"The dimension is {len(vector.values)}; {len(first.values)} is expected, as the first candidate's.",
            reason=Reason.DIMENSION_MISMATCH,
            field=f"{field}.dimension",
            metadata={"dimension": str(len(vector.values)), "expected": str(len(first.values))},
        )
    return vector.values
