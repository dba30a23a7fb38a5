"""At which place a product would stand without a part of the query."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from gateway.core.explain.model import Counterfactual
from gateway.core.explain.question import Question
from gateway.core.model.answer import Result
from gateway.core.model.retrieval import Hit
from gateway.core.pages import keys
from triptych.vocabulary.concurrency import side_by_side

# As many as a chain of pages shows.
PLACES_MAX = 1000

Ranks = Mapping[str, int]


SearchWithout = Callable[[int], Coroutine[Any, Any, Sequence[Result]]]
"""Searches as the query would be searched without that part of the request; nothing where nothing is looked for."""


async def ranks(search_without: SearchWithout, question: Question) -> Mapping[int, Ranks]:
    """Return, by part of the request, the places from 1 that products, and groups, would have without it."""
    found = await side_by_side([search_without(part) for part in question.asked])
    grouped = question.retrieval.grouped
    return {
        part: {
            name: rank
            # From behind, so that the first place of a group stays.
            for rank, result in reversed([*enumerate(results[:PLACES_MAX], start=1)])
            for name in keys(result.hit, grouped=grouped)
        }
        for part, results in zip(question.asked, found, strict=True)
    }


def counterfactuals(known: Mapping[int, Ranks], hit: Hit, *, grouped: bool) -> tuple[Counterfactual, ...]:
    """Return the places of a product, or with *grouped* of its group, in each of `ranks`."""
    return tuple(
        Counterfactual(
            part, min((places[name] for name in keys(hit, grouped=grouped) if name in places), default=None)
        )
        for part, places in known.items()
    )
