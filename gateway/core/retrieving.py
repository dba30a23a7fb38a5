"""From a query with its vectors to what is asked of the index."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace

from gateway.core import boosts
from gateway.core.listening import whole_filter
from gateway.core.model.query import Content, ExplainLevel, ProductReference, Query
from gateway.core.model.ranking import RankingPlan
from gateway.core.model.retrieval import ExcludedVector, Retrieval
from gateway.core.parts import Understood
from gateway.core.ranking import reads_products
from triptych.vocabulary.choices import Modality, SpaceKind
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import Vector

# How much words count beside the vector, for a query of words alone that does not say. Where some are unwanted, "red mug"
# less "red", counting the word "red" would undo what its vector does.
LEXICAL_WEIGHT_OF_WORDS = 0.3


def retrieval(understood: Understood, plan: RankingPlan, space: SpaceKind) -> Retrieval:
    """Return what is asked of the index.

    Words are always looked for, so that ids and article numbers are found, also where their weight is 0. Products that
    the query names are left out: who asks for more like one has seen it.
    """
    query = understood.query
    wanted = texts(query)
    return Retrieval(
        query.catalog,
        understood.vector,
        space,
        query.metric,
        plan.pool,
        with_vectors=plan.with_vectors,
        compared=plan.compared,
        filter=whole_filter(query),
        texts=tuple(wanted.values()),
        lexical_weight=lexical_weight(understood) if wanted else 0.0,
        hybrid_fusion=query.hybrid_fusion,
        grouped=query.grouped,
        facets=query.facets,
        excluded_ids=products(query, exclude=False),
        excluded_variants_of=products(query, exclude=True),
        excluded_texts=tuple(excluded_texts(query).values()),
        excluded_vectors=tuple(
            ExcludedVector(vector, query.parts[place].exclude_similarity, compared_space(space))
            for place, vector in understood.excluded.items()
        ),
        order_by=query.order_by,
        conditions=boosts.conditions(query.boosts),
        rescoring=query.rescoring,
        counted=True,
        consistency=query.consistency,
        products_limit=None if chooses(query, plan) else query.limit,
    )


def hurried(asked: Retrieval, limit: int) -> Retrieval:
    """Return what is asked where there is no time: as many products as a page shows, compared once, and not counted."""
    return replace(asked, limit=limit, rescoring=None, facets=(), counted=False, hurried=True)


def chooses(query: Query, plan: RankingPlan) -> bool:
    """Return whether others than the first that the index finds may be shown, or more be read of them."""
    return bool(
        plan.strategy is not None
        or reads_products(query, plan)
        or query.min_relevance
        or query.explain is not ExplainLevel.NONE
    )


def lexical_weight(understood: Understood) -> float:
    """Return how much words count."""
    if understood.vector is None:
        return 1.0
    asked = understood.query.lexical_weight
    if asked is not None:
        return asked
    # A text that is late counts by its words.
    is_late = any(place in understood.late for place in texts(understood.query))
    return LEXICAL_WEIGHT_OF_WORDS if understood.is_of_words or is_late else 0.0


def texts(query: Query) -> Mapping[int, tuple[str, float]]:
    """Return the words to look for by place, with weights that sum to 1: scaling those of the query changes nothing."""
    wanted = {
        place: (part.content.text, part.weight)
        for place, part in enumerate(query.parts)
        if part.is_wanted and isinstance(part.content, Content) and part.content.modality is Modality.TEXT
    }
    total = math.fsum(weight for _, weight in wanted.values())
    shares = {place: (text, weight / total) for place, (text, weight) in wanted.items()}
    # In an order of their own, so that sums are the same to the last bit however the parts stand.
    return dict(sorted(shares.items(), key=lambda item: item[1]))


def excluded_texts(query: Query) -> Mapping[int, str]:
    """Return the words of which a product may not have all, by place."""
    return {
        place: part.content.text
        for place, part in enumerate(query.parts)
        if part.exclude and isinstance(part.content, Content) and part.content.modality is Modality.TEXT
    }


def products(query: Query, *, exclude: bool) -> tuple[str, ...]:
    """Return the products that the query names: those that it excludes, or the others."""
    named = {
        part.content.id
        for part in query.parts
        if isinstance(part.content, ProductReference) and part.exclude is exclude
    }
    return tuple(sorted(named))


def compared_space(space: SpaceKind) -> SpaceKind:
    """Return the space in which what is excluded is compared: pictures with pictures where these are searched."""
    return space if space is SpaceKind.IMAGE else SpaceKind.FUSED


def blamed(error: TriptychError, understood: Understood) -> TriptychError:
    """Return an error of the search room with the field of the public request: "texts[0]" → "parts[2]"."""
    group, number, inner = re.fullmatch(r"(\w*)(?:\[(\d+)\])?(.*)", error.field, re.DOTALL).groups()  # type: ignore[union-attr]
    query = understood.query
    if group == "query":
        brought = [i for i, part in enumerate(query.parts) if isinstance(part.content, Vector)]
        return error.at(f"parts[{brought[0] if brought else 0}].vector{inner}")
    places = {
        "texts": list(texts(query)),
        "excluded_texts": list(excluded_texts(query)),
        "excluded_vectors": list(understood.excluded),
    }
    if group in places and number:
        inner = ".text" if group.endswith("texts") else inner
        return error.at(f"parts[{query.origin(places[group][int(number)])}]{inner}")
    if group == "conditions" and number:
        held = [i for i, boost in enumerate(query.boosts) if boosts.conditions([boost])]
        return error.at(f"boosts[{held[int(number)]}].condition")
    return error
