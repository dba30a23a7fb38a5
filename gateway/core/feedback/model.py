"""The words of feedback."""

from collections.abc import Mapping
from dataclasses import dataclass

from triptych.vocabulary.choices import EventType


@dataclass(frozen=True)
class Shown:
    """An answer that a customer was shown.

    Args:
        time_s: seconds since 1970.
        kind: of the query: "text", "image", "audio", "mixed", "any", "browse", or "recommendation".
        features: their names.
        products: the values of the features by product, in the order in which they were shown; NaN is unknown.
    """

    search_id: str
    catalog: str
    time_s: float
    kind: str
    features: tuple[str, ...]
    products: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class SentEvent:
    """Something that a customer did, as it was sent; *time_s* of None is now."""

    id: str
    token: str
    product_id: str
    type: EventType
    time_s: float | None = None


@dataclass(frozen=True)
class Event:
    """Something that a customer did with a product of an answer."""

    id: str
    product_id: str
    type: EventType
    time_s: float
    shown: Shown


@dataclass(frozen=True)
class JudgedAnswer:
    """An answer and what was done with its products, in the order of recording; its *number* grows from one to the next."""

    number: int
    shown: Shown
    events: Mapping[str, tuple[EventType, ...]]
