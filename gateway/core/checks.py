"""The rules of a search that look at more than one field."""

from collections.abc import Sequence

from gateway.core.model.query import ExplainLevel, Query
from triptych.vocabulary.errors import InvalidArgument, Reason


def check(query: Query) -> None:
    """Refuse a query that contradicts itself.

    Raises:
        InvalidArgument: NO_POSITIVE_PART; FIELD_INVALID, with the field.
    """
    if query.browses:
        check_browsing(query)
    elif not any(part.is_wanted for part in query.parts):
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


def check_browsing(query: Query) -> None:
    """Refuse what has no meaning where nothing is looked for.

    Raises:
        InvalidArgument: FIELD_INVALID, with the field.
    """
    if not query.order_by.strip():
        raise InvalidArgument(
            "Say what to look for, or by order_by in which order products are browsed.",
            reason=Reason.FIELD_INVALID,
            field="parts",
        )
    meaningless = {
        "lexical_weight": query.lexical_weight is not None,
        "min_relevance": query.min_relevance is not None,
        "explain": query.explain is not ExplainLevel.NONE,
    }
    for field, is_asked in meaningless.items():
        if is_asked:
            raise InvalidArgument(
                f"{field} is about what is looked for, and there are no parts.",
                reason=Reason.FIELD_INVALID,
                field=field,
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
