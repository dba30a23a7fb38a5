"""From what was chosen to what is answered."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.search.core.candidates import Candidates
from services.search.core.filters.evaluate import evaluate
from services.search.core.model import Hit
from services.search.core.query import SearchQuery
from services.search.core.rescoring import Rescorer
from services.search.core.scope import Scope
from services.search.core.similarity import goodness
from services.search.core.stores import Stores
from triptych.vocabulary.choices import SimilarityMetric
from triptych.vocabulary.vectors import Floats, Vector


async def hits_of(
    stores: Stores, query: SearchQuery, scope: Scope, candidates: Candidates, ids: Sequence[str]
) -> list[Hit]:
    """Return the candidates *ids* as hits, with their vectors where the query needs them."""
    vectors, others = await asyncio.gather(
        _vectors(stores, query, scope, candidates, ids), _others(stores, query, scope, candidates, ids)
    )
    words_count = candidates.known.lexical_best is not None
    hits = []
    for each in ids:
        row = candidates.rows[each]
        hits.append(
            Hit(
                each,
                row.product,
                candidates.known.similarities.get(each),
                row.key.view,
                Vector(vectors[each], scope.collection.space.id) if each in vectors else None,
                lexical=candidates.known.lexical.get(each, 0.0) if words_count else None,
                score=candidates.scores[each].total,
                vector_score=candidates.scores[each].vector if words_count else None,
                exact_match=each in candidates.exact,
                conditions=tuple(
                    tree is None or evaluate(tree, each, candidates.facts(each)) for tree in scope.conditions
                ),
                group_id=candidates.facts(each).group_id if query.grouped else "",
                group_others=others.get(each, 0),
            )
        )
    return hits


async def rescored(rescorer: Rescorer, query: SearchQuery, scope: Scope, hits: Sequence[Hit]) -> list[Hit]:
    """Return *hits* compared a second time where that is asked for: nearest first, those without a vector last."""
    metric, vector = query.rescoring, query.vector
    if metric is None or vector is None:
        return list(hits)
    compared = [hit for hit in hits if hit.vector is not None]
    values = [hit.vector.values for hit in compared if hit.vector is not None]
    numbers = await rescorer.compare(scope.collection, vector.values, values, metric)
    by_id = {hit.id: number for hit, number in zip(compared, numbers, strict=True)}
    again = [
        replace(hit, rescored=by_id.get(hit.id), vector=hit.vector if query.with_vectors else None)
        for hit in hits
    ]
    return again if scope.ordering else sorted(again, key=lambda hit: _place(hit, metric))


def _place(hit: Hit, metric: SimilarityMetric) -> tuple[bool, bool, float, str]:
    if hit.rescored is None:
        return not hit.exact_match, True, -hit.score, hit.id
    return not hit.exact_match, False, -goodness(hit.rescored, metric), hit.id


async def _vectors(
    stores: Stores, query: SearchQuery, scope: Scope, candidates: Candidates, ids: Sequence[str]
) -> dict[str, Floats]:
    """Return the vector by which each of *ids* was compared; those that came without theirs are read."""
    if not query.needs_vectors or not scope.collection.name:
        return {}
    rows = [candidates.rows[each] for each in ids]
    # Without a query there is no nearest view: the first one stands for the product.
    similarities = candidates.known.similarities
    missing = [
        row.key
        for row in rows
        if row.values is None and (query.vector is None or row.key.product_id in similarities)
    ]
    read = await stores.vectors.read(scope.collection, missing, with_vectors=True, fresh=False)
    return {row.key.product_id: row.values for row in [*rows, *read] if row.values is not None}


async def _others(
    stores: Stores, query: SearchQuery, scope: Scope, candidates: Candidates, ids: Sequence[str]
) -> Mapping[str, int]:
    """Return how many others of its group each of *ids* that has one stands for."""
    groups = {each: candidates.facts(each).group_id for each in ids} if query.grouped else {}
    wanted = sorted({group for group in groups.values() if group})
    if not wanted:
        return {}
    sizes = await stores.fields.group_sizes(query.catalog, wanted, scope.among)
    # The hit itself may not be counted yet.
    return {each: max(0, sizes.get(group, 1) - 1) for each, group in groups.items() if group}
