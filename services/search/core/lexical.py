"""What of a product are its words, and what its article numbers: the same for every lexical index."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from services.search.core.filters.model import Value
from services.search.core.model import AttributeValue, Facts

# How much a word counts by where it stands. On Crowdflower's shop queries anything from 3 to 8 times the description
# does the same.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"title": 8.0, "brand": 4.0, "category": 2.0, "attributes": 2.0, "description": 1.0}
)

# BM25's usual parameters; FTS5 has them built in.
BM25_K1, BM25_B = 1.2, 0.75

# Attributes, whatever their case, that hold article numbers.
ARTICLE_NUMBERS = frozenset({"sku", "gtin", "ean", "upc", "isbn", "mpn", "article_number", "model_number"})


def texts_of(facts: Facts) -> dict[str, str]:
    """Return the texts of a product by the names of `WEIGHTS`."""
    attributes = (text for name, value in facts.attributes.items() for text in attribute_texts(name, value))
    return {
        "title": facts.title,
        "brand": facts.brand,
        "category": facts.category,
        "attributes": " ".join(attributes),
        "description": facts.description,
    }


def attribute_texts(name: str, value: AttributeValue) -> Iterator[str]:
    """Yield an attribute's value as people would type it; something that is so is known by its name: "waterproof"."""
    if isinstance(value, bool):
        if value:
            yield name
    elif isinstance(value, tuple):
        yield from value
    else:
        yield value if isinstance(value, str) else number_text(value)


def article_numbers(product_id: str, facts: Facts) -> set[str]:
    """Return the product's id and its article numbers as `article_number` has them."""
    numbers = {
        article_number(text)
        for name, value in facts.attributes.items()
        if name.lower() in ARTICLE_NUMBERS and not isinstance(value, bool)
        for text in attribute_texts(name, value)
    }
    return {article_number(product_id), *numbers} - {""}


def article_number(text: str) -> str:
    """Return *text* without what does not count: case and outer space."""
    return text.strip().casefold()


def number_text(number: float) -> str:
    """Return *number* as people type it: 4006381333931, 0.5."""
    return str(int(number)) if float(number).is_integer() else repr(number)


def number_in(values: Iterable[Value]) -> float | None:
    """Return the number in a field's *values*; None where there is none."""
    return next((float(each) for each in values if not isinstance(each, str | bool)), None)


def by_count(counts: Iterable[tuple[Value, int]]) -> tuple[tuple[Value, int], ...]:
    """Return *counts* as they are shown: the most frequent first, equals in their own order: texts, numbers, booleans."""

    def place(each: tuple[Value, int]) -> tuple[int, int, Value]:
        value, count = each
        return -count, 0 if isinstance(value, str) else 2 if isinstance(value, bool) else 1, value

    return tuple(sorted(counts, key=place))
