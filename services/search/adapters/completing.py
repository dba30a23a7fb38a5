"""Completing: texts whose last word is still being typed."""

from collections.abc import Iterable, Mapping

from services.search.adapters.words import stem

# So many products with the words before it are looked at.
PRODUCTS_MAX = 1_000


def shortest(words: Iterable[str]) -> dict[str, str]:
    """Return by its stem how each of *words* is to be written: the shortest that there is."""
    return {stem(word): word for word in sorted(words, key=lambda word: (-len(word), word))}


def completed(
    head: str, counts: Mapping[str, int], written: Mapping[str, str], limit: int
) -> list[tuple[str, int]]:
    """Return the *limit* texts that begin with *head* and go on with a word, by most products first.

    Args:
        head: what stands before the last word.
        counts: how many products have each word, by its stem.
        written: how each is written, by its stem.
        limit: 1 or more.
    """
    found = ((head + written[each], count) for each, count in counts.items())
    return sorted(found, key=lambda each: (-each[1], each[0]))[:limit]
