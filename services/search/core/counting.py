"""Counting what passes the filter: the whole, and by the values of fields."""

import asyncio
import itertools
from collections.abc import Iterable, Sequence

from services.search.core.filters.model import Field, Value
from services.search.core.filters.parts import without
from services.search.core.model import Count, Facet, Interval
from services.search.core.ports.fields import FieldIndex
from services.search.core.query import FacetWish, SearchQuery
from services.search.core.scope import Scope


async def total(fields: FieldIndex, query: SearchQuery, scope: Scope) -> Count | None:
    """Return how many products, or groups, may be found, or at least; None where that was not asked."""
    if not query.counted:
        return None
    if scope.excluded.texts:
        # How many have the words of these is not known.
        return Count(0, is_exact=False)
    return await fields.count(query.catalog, scope.among, by_group=query.grouped)


async def facets(fields: FieldIndex, query: SearchQuery, scope: Scope) -> tuple[Facet, ...]:
    """Return the counts of each field that was asked for."""
    wishes = zip(query.facets, scope.facet_fields, strict=True)
    return tuple(await asyncio.gather(*(_facet(fields, scope, *each) for each in wishes)))


async def _facet(fields: FieldIndex, scope: Scope, wish: FacetWish, field: Field) -> Facet:
    tree = scope.filter
    if wish.exclude_own_filter and tree is not None:
        tree = without(tree, field)
    found = await fields.values(scope.record.catalog, field, scope.but_for(tree))
    is_exact = found.is_exact and not (scope.excluded.texts or scope.excluded.vectors)
    if wish.bounds:
        return Facet(wish.field, tuple(_by_interval(found.counts, wish.bounds)), is_exact)
    return Facet(wish.field, found.counts[: wish.limit], is_exact)


def _by_interval(
    counts: Iterable[tuple[Value, int]], bounds: Sequence[float]
) -> Iterable[tuple[Interval, int]]:
    """Yield every interval, ascending, with how many of the numbers are in it."""
    numbers = [(value, count) for value, count in counts if not isinstance(value, str | bool)]
    for start, end in itertools.pairwise([None, *bounds, None]):
        inside = (
            count
            for number, count in numbers
            if (start is None or start <= number) and (end is None or number < end)
        )
        yield Interval(start, end), sum(inside)
