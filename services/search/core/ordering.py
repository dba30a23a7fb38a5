"""Ordering by a field: "price", "price desc"."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from services.search.core.fields import orderable
from services.search.core.filters.evaluate import values_of
from services.search.core.filters.model import Field
from services.search.core.model import Attributes, Facts


@dataclass(frozen=True)
class Ordering:
    """A field of numbers or times, and whether the largest comes first."""

    field: Field
    descending: bool


def parse_order(text: str, attributes: Attributes) -> Ordering | None:
    """Return what *text* means, as in AIP-132; None where it is empty.

    Raises:
        InvalidArgument: there is no such field, or it has no order (FIELD_INVALID).
    """
    if not text.strip():
        return None
    name, _, direction = text.strip().rpartition(" ")
    if not name or direction not in {"asc", "desc"}:
        name, direction = text, "asc"
    return Ordering(orderable(name.strip(), attributes, "order_by"), direction == "desc")


def ordered(ids: Iterable[str], facts_of: Callable[[str], Facts], ordering: Ordering) -> list[str]:
    """Return *ids* by the field, those without it last, equals by id."""

    def place(product_id: str) -> tuple[bool, float, str]:
        values = values_of(ordering.field, product_id, facts_of(product_id))
        number = next((each for each in values if not isinstance(each, str | bool)), None)
        if number is None:
            return True, 0.0, product_id
        return False, -number if ordering.descending else number, product_id

    return sorted(ids, key=place)
