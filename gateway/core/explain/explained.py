"""Results with their explanations: from a query as it was searched to what is told of its parts in the request."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import numpy as np

from gateway.core.explain.explainer import Explainer
from gateway.core.explain.question import question, without
from gateway.core.model.answer import Result
from gateway.core.model.query import ExplainLevel
from gateway.core.model.retrieval import Retrieval
from gateway.core.parts import Understood

FindAll = Callable[[Understood], Awaitable[Sequence[Result]]]
"""Returns as many results as all pages of a query show, in their order."""


# Vectors of the same query differ by less, whatever they were encoded beside.
SAME_VECTOR = 1e-3


def is_of(understood: Understood, asked: Retrieval) -> bool:
    """Return whether *asked* was asked for the query as it is *understood* now: nothing may have been left out of it."""
    if understood.vector is None or asked.query is None:
        return False
    now, then = understood.vector.values, asked.query.values
    return now.shape == then.shape and bool(np.allclose(now, then, atol=SAME_VECTOR))


async def explained(
    explainer: Explainer,
    understood: Understood,
    asked: Retrieval,
    results: Sequence[Result],
    find_all: FindAll,
) -> tuple[Result, ...]:
    """Return *results*, which *asked* found, with as much of why they stand where they do as the query asks for.

    Raises:
        Unavailable, DeadlineExceeded: a room does not answer, or not in time.
    """
    query = understood.query

    async def find_without(part: int) -> Sequence[Result]:
        left = await without(explainer.fuser, understood, part)
        return await find_all(left) if left else ()

    explanations = await explainer.explain(
        question(understood, asked), results, find_without if query.explain is ExplainLevel.FULL else None
    )
    return tuple(
        replace(result, explanation=each.renumbered(query.origin))
        for result, each in zip(results, explanations, strict=True)
    )
