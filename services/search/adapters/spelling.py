"""Spelling: the word that somebody may have meant, among those that a catalogue has.

Distance is the restricted Damerau-Levenshtein distance: letters left out, put in, taken for another, or swapped with
their neighbour. Measured with 50,000 words on two shared cores, a look through all words of like length takes 3 ms of
processor time with rapidfuzz; an index of deletions (SymSpell) takes 0.02 ms, but 6 s and 150 MB to build per catalogue.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from services.search.adapters.words import is_han, replaced, spellings


class Vocabulary:
    """The words of a catalogue.

    Args:
        counts: how many products have each word.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in counts:
            if is_correctable(word):
                self._by_length[len(word)].append(word)

    def beginning(self, prefix: str) -> dict[str, int]:
        """Return the words that begin so, and how many products have each."""
        return {word: count for word, count in self._counts.items() if word.startswith(prefix)}

    def nearest(self, word: str) -> str | None:
        """Return the word that is fewest edits from *word*, of these the most frequent; None where none is near."""
        edits = edits_max(word)
        found = [
            (distance, -self._counts[near], near)
            for length in range(len(word) - edits, len(word) + edits + 1)
            for near, distance, _ in process.extract(
                word,
                self._by_length.get(length, ()),
                scorer=OSA.distance,
                processor=None,
                score_cutoff=edits,
                limit=None,
            )
        ]
        return min(found)[2] if found else None


def corrected(text: str, is_known: Callable[[str], bool], vocabulary: Callable[[], Vocabulary]) -> str:
    """Return *text* with words that are not known replaced by the nearest; empty where none was.

    The *vocabulary* is asked for only where there is such a word.
    """
    changed = False

    def better(run: str) -> str:
        nonlocal changed
        found = spellings(run)
        if len(found) != 1 or not is_correctable(found[0]) or is_known(found[0]):
            return run
        near = vocabulary().nearest(found[0])
        changed = changed or near is not None
        return near or run

    text = replaced(text, better)
    return text if changed else ""


def suspects(text: str) -> list[str]:
    """Return the words of *text* that would be corrected if they were not known."""
    return [each for each in dict.fromkeys(spellings(text)) if is_correctable(each)]


def is_correctable(word: str) -> bool:
    """Whether *word* is one that people misspell: no number, no article number, not Chinese, not too short."""
    return edits_max(word) > 0 and word.isalpha() and not is_han(word)


def edits_max(word: str) -> int:
    """Return how many edits away another word may be: as many as Lucene's automatic fuzziness allows."""
    return 0 if len(word) < 3 else 1 if len(word) < 6 else 2
