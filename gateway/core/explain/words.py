"""The words of a text, one by one, and the text without each of them."""

import re
from collections.abc import Iterator

WORDS_MAX = 32

# Scripts that are written without spaces between words: Chinese characters and kana.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUN = re.compile(f"[{_UNSPACED}]+|[^\\s{_UNSPACED}]+")
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")


def words_of(text: str) -> list[tuple[str, str]]:
    """Return (word, text without it) for each of the first WORDS_MAX words of *text*, in their order.

    Words stand between spaces. Where there are none, in Chinese, two characters stand for a word, as most words have
    two; the last of an odd number go in threes. What has neither a letter nor a digit is no word.
    """
    spans = [span for span in _spans(text) if _says_something(text[slice(*span)])]
    return [(text[start:end], _without(text, start, end)) for start, end in spans[:WORDS_MAX]]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for run in _RUN.finditer(text):
        start, end = run.span()
        if not _UNSPACED_RUN.fullmatch(run.group()):
            yield start, end
            continue
        while end - start > 3:
            yield start, start + 2
            start += 2
        yield start, end


def _without(text: str, start: int, end: int) -> str:
    """Return the rest of *text*; empty where it says nothing."""
    rest = " ".join((text[:start] + text[end:]).split())
    return rest if _says_something(rest) else ""


def _says_something(text: str) -> bool:
    return any(map(str.isalnum, text))
