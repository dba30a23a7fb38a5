"""Words: how text is taken apart, the same for products and queries and for every lexical index.

    "Women's Dresses, Größe 38 (红色连衣裙)"  →  women dress grosse 38 红色 连衣 衣裙 连衣裙

Unicode's compatibility forms, case and accents do not count. English plurals are one word with their singular: more than
that (Porter 1980) found no more on real shop queries, see docs/benchmarks.md. Chinese is segmented by jieba, long words
beside the short ones in them. Runs of letters and digits of all other scripts are words as they stand.
"""

import functools
import itertools
import logging
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from triptych.vocabulary.texts import normalised

# Nothing that a customer types is longer, and no index has to keep what is.
WORD_CHARACTERS_MAX = 64

_ASCII_RUN = re.compile(r"[A-Za-z0-9]+")
_APOSTROPHES = frozenset("'’‘ʼ`´")
_WITHOUT_APOSTROPHES = str.maketrans(dict.fromkeys(_APOSTROPHES, ""))
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]")
_ACCENTS = re.compile("[\u0300-\u036f]")
_SIBILANT_PLURALS = ("sses", "shes", "ches", "xes", "zes")


def words(text: str) -> list[str]:
    """Return the words of *text* in their order, as an index has them."""
    return [stem(word) for word in spellings(text)]


def spellings(text: str) -> list[str]:
    """Return the words of *text* in their order, folded but not stemmed: as they can be shown to people."""
    text = normalised(text).translate(_WITHOUT_APOSTROPHES)
    runs = _ASCII_RUN.findall(text) if text.isascii() else [run for run, is_word in _runs(text) if is_word]
    return [word for run in runs for word in _parts(run)]


def replaced(text: str, replace: Callable[[str], str]) -> str:
    """Return *text* with each run of letters and digits, "women's" being one, replaced by what *replace* returns."""
    return "".join(replace(run) if is_word else run for run, is_word in _runs(normalised(text)))


def last_word(text: str) -> tuple[str, str]:
    """Return what stands before the last word of *text*, and that word, folded; empty where there is none."""
    runs = list(_runs(normalised(text)))
    while runs:
        run, is_word = runs.pop()
        if is_word and (parts := list(_parts(run))):
            # Of what is written without spaces the last word alone.
            before, last = _folded(run).removesuffix(parts[-1]), parts[-1]
            return "".join([each for each, _ in runs] + [before] * (len(parts) > 1)), last
    return "", ""


def stem(word: str) -> str:
    """Return *word* without an English plural's ending, after the S stemmer of Harman (1991), "dresses" mended."""
    if len(word) < 4 or not (word.isascii() and word.isalpha()) or word[-1] != "s":
        return word
    if word.endswith("ies") and len(word) > 4 and word[-4] not in "ae":
        return word[:-3] + "y"
    if word.endswith(_SIBILANT_PLURALS):
        return word[:-2]
    return word if word[-2] in "us" else word[:-1]


def is_han(text: str) -> bool:
    """Whether *text* has a Chinese character."""
    return _HAN.search(text) is not None


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Yield *text* in pieces, and of each whether it is made of letters, digits, marks and apostrophes."""
    for is_word, run in itertools.groupby(text, _is_of_word):
        yield "".join(run), is_word


def _is_of_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM" or character in _APOSTROPHES


def _parts(run: str) -> Iterator[str]:
    folded = _folded(run)
    for part in _segmenter()(folded) if is_han(folded) else [folded]:
        word = part[:WORD_CHARACTERS_MAX].strip()
        if word:
            yield word


def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", word.casefold()))
    return unicodedata.normalize("NFC", bare)


@functools.lru_cache(maxsize=1)
def _segmenter() -> Callable[[str], Iterator[str]]:
    """Return jieba's segmenting for search. Loaded when the first Chinese text comes: it takes a second and 60 MB."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is of 2020, and Python has deprecated much since
        import jieba
    jieba.setLogLevel(logging.WARNING)
    tokenizer: Any = jieba.Tokenizer()
    # What its `initialize` does, but for the cache in a folder that anybody may write to; case does not count here.
    frequencies, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.FREQ = {word.lower(): count for word, count in frequencies.items()}
    tokenizer.initialized = True
    segment: Callable[[str], Iterator[str]] = tokenizer.cut_for_search
    return segment
