"""Many items in batches that whoever takes them can hold."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def batched(
    items: Iterable[Item], size_of: Callable[[Item], int], size_max: int, count_max: int | None = None
) -> Iterator[list[Item]]:
    """Yield *items* in order, in batches of at most *size_max* in all, and of at most *count_max*; a larger item goes alone."""
    batch: list[Item] = []
    size = 0
    for item in items:
        item_size = size_of(item)
        if batch and (len(batch) == count_max or size + item_size > size_max):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item_size
    if batch:
        yield batch
