"""Texts as words and n-grams, and n-grams as numbers of buckets."""

import re
import unicodedata
import zlib
from collections.abc import Iterator

# A Chinese or Japanese character is a word; of other scripts, a run of letters and digits is.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")


def words(text: str) -> list[str]:
    """Return the words of *text* in small letters and Unicode's form NFKC."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def character_ngrams(word: str, shortest: int, longest: int) -> Iterator[str]:
    """Yield the n-grams of "<word>", whose marks tell beginnings and ends (Bojanowski et al. 2017)."""
    marked = f"<{word}>"
    for size in range(shortest, longest + 1):
        for start in range(len(marked) - size + 1):
            yield marked[start : start + size]


def word_ngrams(found: list[str], longest: int) -> Iterator[str]:
    """Yield the runs of 1 to *longest* words."""
    for size in range(1, longest + 1):
        for start in range(len(found) - size + 1):
            yield " ".join(found[start : start + size])


def bucket(ngram: str, buckets: int) -> int:
    """Return the same number 0 ... buckets - 1 for the same n-gram, today and on any machine."""
    return zlib.crc32(ngram.encode()) % buckets
