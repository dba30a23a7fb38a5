"""All that a search looks into."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from services.search.core.model import Facts
from services.search.core.ports.fields import FieldIndex
from services.search.core.ports.vectors import VectorIndex
from services.search.core.ports.words import LexicalIndex
from triptych.vocabulary.choices import Consistency


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

    def seeing(self, consistency: Consistency) -> "Stores":
        """Return the same stores, whose searches see what was written as *consistency* says."""
        return replace(
            self,
            vectors=self.vectors.seeing(consistency),
            words=self.words.seeing(consistency),
            fields=self.fields.seeing(consistency),
        )

    def hurried(self) -> "Stores":
        """Return the same stores, whose searches by vectors look at as few candidates as can be."""
        return replace(self, vectors=self.vectors.hurried())
