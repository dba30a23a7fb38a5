"""The attributes of a catalogue: which there are, and what kinds of value they have."""

from collections.abc import Iterable, Sequence

from services.search.core.model import Attributes, AttributeValue, ProductRecord
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError

# Per catalogue: enough for every shop that was seen, and few enough to be read with every write.
ATTRIBUTES_MAX = 500
# Per product, all its lists together.
VALUES_MAX = 800


def kind_of(value: AttributeValue) -> str:
    """Return the kind of an attribute's value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "strings" if isinstance(value, tuple) else "number"


def merged(*several: Attributes) -> Attributes:
    """Return all names with all their kinds."""
    together: dict[str, frozenset[str]] = {}
    for each in several:
        for name, kinds in each.items():
            together[name] = together.get(name, frozenset()) | kinds
    return together


def attributes_of(records: Iterable[ProductRecord]) -> Attributes:
    """Return the attributes that *records* have."""
    found: dict[str, set[str]] = {}
    for record in records:
        for name, value in record.facts.attributes.items():
            found.setdefault(name, set()).add(kind_of(value))
    return {name: frozenset(kinds) for name, kinds in found.items()}


def beyond(attributes: Attributes, known: Attributes) -> Attributes:
    """Return those of *attributes* that are not *known*, or not with all their kinds."""
    return {name: kinds for name, kinds in attributes.items() if not kinds <= known.get(name, frozenset())}


def refusals(records: Sequence[ProductRecord], known: Attributes) -> dict[str, TriptychError]:
    """Return why products are refused that would bring more than `ATTRIBUTES_MAX` attributes, by their ids."""
    names = set(known)
    refused: dict[str, TriptychError] = {}
    for record in records:
        brought = record.facts.attributes.keys() - names
        if brought and len(names) + len(brought) > ATTRIBUTES_MAX:
            name = min(brought)
            refused[record.id] = InvalidArgument(
                f'The catalogue has {len(names)} attributes; with "{name}" and others it would have more than '
                f"{ATTRIBUTES_MAX}.",
                reason=Reason.FIELD_INVALID,
                field=f'attributes["{name}"]',
                metadata={"attributes_max": str(ATTRIBUTES_MAX)},
            )
        else:
            names |= brought
    return refused
