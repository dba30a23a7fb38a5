"""Fields of products."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from services.search.core.filters.model import Field, Filter
from services.search.core.model import Count, ValueCounts
from triptych.vocabulary.choices import Consistency


class FieldIndex(Protocol):
    """The fields of all products, for counting and ordering. See `LexicalIndex` for what is common."""

    def seeing(self, consistency: Consistency) -> "FieldIndex":
        """Return the same index, whose searches see what was written as *consistency* says."""
        ...

    async def count(self, catalog: str, among: Filter | None, *, by_group: bool = False) -> Count:
        """Return how many products pass *among*; with *by_group*, groups (a product without one counts for itself)."""
        ...

    async def values(self, catalog: str, field: Field, among: Filter | None) -> ValueCounts:
        """Return how many of the products that pass *among* have each value of *field*; lists count for each of theirs."""
        ...

    async def group_sizes(
        self, catalog: str, group_ids: Sequence[str], among: Filter | None
    ) -> Mapping[str, int]:
        """Return how many products of each group pass *among*; groups without one are left out."""
        ...

    async def ordered(
        self, catalog: str, field: Field, limit: int, among: Filter | None, *, descending: bool
    ) -> list[str]:
        """Return the *limit* first products by the number in *field*, those without it last, equals by id."""
        ...

    async def groups_of(self, catalog: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Return the group of each of *ids* that has one."""
        ...
