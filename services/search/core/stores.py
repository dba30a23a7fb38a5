"""All that a search looks into."""

from collections.abc import Callable
from dataclasses import dataclass

from services.search.core.model import Facts
from services.search.core.ports import FieldIndex, LexicalIndex, VectorIndex


@dataclass(frozen=True, eq=False)
class Stores:
    """What holds the products.

    Args:
        vectors: their vectors, and their records.
        words: their words.
        fields: their fields.
        facts_of: reads what can be filtered and ordered by in a serialised product.
    """

    vectors: VectorIndex
    words: LexicalIndex
    fields: FieldIndex
    facts_of: Callable[[bytes], Facts]
