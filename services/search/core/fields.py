"""Fields by their names, as facets and orders name them: `brand`, `attributes.colour`."""

import itertools
import math
import re

from services.search.core.filters.model import Field
from services.search.core.filters.parse import KINDS, Kind
from services.search.core.model import Attributes
from services.search.core.query import FacetWish
from triptych.vocabulary.errors import InvalidArgument, Reason

# What can be counted by. Ids and times are all different.
COUNTABLE = frozenset(KINDS) - {"id", "update_time"}
# What has an order.
ORDERABLE = frozenset(name for name, kind in KINDS.items() if kind in {Kind.NUMBER, Kind.TIME})

_PREFIX = "attributes."
_QUOTED = re.compile(r'"(?P<name>(?:[^"\\]|\\.)*)"', re.DOTALL)
# How many names an error lists.
_NAMES_MAX = 20


def countable(name: str, attributes: Attributes, path: str) -> Field:
    """Return the field *name* to count by.

    Args:
        name: as a filter would have it; what follows "attributes." may also stand without quotes.
        attributes: those of the catalogue, with the kinds of their values.
        path: the field of the request to blame.

    Raises:
        InvalidArgument: there is no such field (FIELD_INVALID).
    """
    return _field(name, attributes, COUNTABLE, path)


def facet_field(wish: FacetWish, attributes: Attributes, path: str) -> Field:
    """Return the field that *wish*, which stands at *path* of the request, counts by.

    Raises:
        InvalidArgument: there is no such field, or the bounds are none (FIELD_INVALID).
    """
    field = countable(wish.field, attributes, f"{path}.field")
    if wish.bounds and not is_number(field, attributes):
        raise _invalid(f"{field} has no numbers, so there are no intervals of it.", f"{path}.bounds")
    if any(not low < high for low, high in itertools.pairwise([-math.inf, *wish.bounds, math.inf])):
        raise _invalid("Bounds are finite numbers, each larger than the one before.", f"{path}.bounds")
    return field


def orderable(name: str, attributes: Attributes, path: str) -> Field:
    """Return the field *name*, of numbers or times, to order by. See `countable`."""
    numbers = {each: kinds for each, kinds in attributes.items() if Kind.NUMBER in kinds}
    return _field(name, numbers, ORDERABLE, path)


def is_number(field: Field, attributes: Attributes) -> bool:
    """Return whether *field* can hold numbers."""
    return Kind.NUMBER in attributes[field.name] if field.is_attribute else KINDS[field.name] is Kind.NUMBER


def _field(name: str, attributes: Attributes, names: frozenset[str], path: str) -> Field:
    if name in names:
        return Field(name)
    attribute = _attribute(name)
    if attribute is not None and attribute in attributes:
        return Field(attribute, is_attribute=True)
    known = [*sorted(names), *(str(Field(each, is_attribute=True)) for each in sorted(attributes))]
    more = f" and {len(known) - _NAMES_MAX} more" if len(known) > _NAMES_MAX else ""
    raise _invalid(
        f'"{name[:64]}" is no field for this; there are {", ".join(known[:_NAMES_MAX])}{more}.', path
    )


def _attribute(name: str) -> str | None:
    """Return the attribute that *name* names; None where it names none."""
    if not name.startswith(_PREFIX):
        return None
    rest = name.removeprefix(_PREFIX)
    quoted = _QUOTED.fullmatch(rest)
    return re.sub(r"\\(.)", r"\1", quoted["name"]) if quoted else rest


def _invalid(message: str, path: str) -> InvalidArgument:
    return InvalidArgument(message, reason=Reason.FIELD_INVALID, field=path)
