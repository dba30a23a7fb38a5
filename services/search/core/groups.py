"""Groups of variants: of each the best alone."""

from collections.abc import Callable, Iterable


def best_of_each(ids: Iterable[str], group_of: Callable[[str], str]) -> list[str]:
    """Return the first of each group, and those that have none, in their order."""
    first: dict[tuple[bool, str], str] = {}
    for each in ids:
        group = group_of(each)
        first.setdefault((bool(group), group or each), each)
    return list(first.values())
