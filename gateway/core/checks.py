"""The rules of a search that look at more than one field."""

from collections.abc import Sequence

from gateway.core.model.query import Query
from triptych.vocabulary.errors import InvalidArgument, Reason


def check(query: Query) -> None:
    """Refuse a query that contradicts itself.

    Raises:
        InvalidArgument: NO_POSITIVE_PART; FIELD_INVALID, with the field.
    """
    if not any(part.is_wanted for part in query.parts):
        raise InvalidArgument(
            "At least one part must be neither excluded nor of negative weight: what to look for.",
            reason=Reason.NO_POSITIVE_PART,
            field="parts",
        )
    check_distinct([facet.field for facet in query.facets], "facets[{}].field", "A field is counted once")
    check_distinct([boost.name for boost in query.boosts], "boosts[{}].name", "Names of boosts are distinct")
    if query.order_by and (query.ranking or query.rescoring or query.boosts):
        raise InvalidArgument(
            "order_by orders by a field alone: it goes with neither ranking nor rescoring nor boosts.",
            reason=Reason.FIELD_INVALID,
            field="order_by",
        )


def check_distinct(names: Sequence[str], field: str, rule: str) -> None:
    """Refuse *names* of which one comes twice; the second is to blame."""
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InvalidArgument(
                f"{rule}; {name!r} comes twice.",
                reason=Reason.FIELD_INVALID,
                field=field.format(place),
                metadata={"name": name},
            )
