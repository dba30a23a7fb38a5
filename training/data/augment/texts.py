"""Texts as other people would write them: other words for the same, slips of the finger, less said."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.errors import TrainingError

Synonyms = Mapping[str, Sequence[str]]

_WORD = re.compile(r"[^\W_]+")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# A slip in a shorter word makes another word of it more often than a misspelt one.
_TYPO_LETTERS_MIN = 4


def _neighbours() -> dict[str, str]:
    """Return the keys beside each letter on a QWERTY keyboard: left, right, above and below."""
    # Each row is set in by about half a key, so a key touches two of the row below.
    places = {letter: (at + row / 2, row) for row, keys in enumerate(_ROWS) for at, letter in enumerate(keys)}
    return {
        letter: "".join(
            other
            for other, (x, y) in places.items()
            if other != letter and abs(x - places[letter][0]) <= 1 and abs(y - places[letter][1]) <= 1
        )
        for letter in places
    }


NEIGHBOURS = _neighbours()


@dataclass(frozen=True)
class TextOptions:
    """How much texts vary: probabilities for each word."""

    synonym: float = 0.1
    typo: float = 0.03
    drop: float = 0.1


DEFAULT = TextOptions()
UNCHANGED = TextOptions(synonym=0, typo=0, drop=0)


def varied(
    text: str, rng: np.random.Generator, options: TextOptions = DEFAULT, synonyms: Synonyms | None = None
) -> str:
    """Return *text* with words replaced, left out and misspelt, each by chance; never empty if *text* is not."""
    changed = with_synonyms(text, rng, synonyms or {}, options.synonym)
    return with_typos(with_words_dropped(changed, rng, options.drop), rng, options.typo)


def with_synonyms(text: str, rng: np.random.Generator, synonyms: Synonyms, probability: float) -> str:
    """Return *text* with words, each by *probability*, replaced by one that *synonyms* (lower case) lists for it."""

    def other(match: re.Match[str]) -> str:
        word = match.group()
        known = synonyms.get(word.lower(), ())
        if not known or rng.random() >= probability:
            return word
        chosen = known[rng.integers(len(known))]
        return chosen[:1].upper() + chosen[1:] if word[0].isupper() else chosen

    return _WORD.sub(other, text)


def with_typos(text: str, rng: np.random.Generator, probability: float) -> str:
    """Return *text* in which words of four letters or more, each by *probability*, have a neighbouring key's letter."""

    def misspelt(match: re.Match[str]) -> str:
        word = match.group()
        typed = [at for at, letter in enumerate(word) if letter.lower() in NEIGHBOURS]
        if len(typed) < _TYPO_LETTERS_MIN or rng.random() >= probability:
            return word
        at = typed[rng.integers(len(typed))]
        keys = NEIGHBOURS[word[at].lower()]
        key = keys[rng.integers(len(keys))]
        return word[:at] + (key.upper() if word[at].isupper() else key) + word[at + 1 :]

    return _WORD.sub(misspelt, text)


def with_words_dropped(text: str, rng: np.random.Generator, probability: float) -> str:
    """Return *text* without some of its words, each left out by *probability*; at least one stays."""
    words = text.split()
    kept = [word for word in words if rng.random() >= probability]
    if len(kept) == len(words):
        return text
    return " ".join(kept or [words[rng.integers(len(words))]])


def read_synonyms(path: Path) -> Synonyms:
    """Return the table in *path*, a JSON object from words to lists of words: {"mug": ["cup", "beaker"]}.

    Raises:
        TrainingError: it is none.
    """
    try:
        table = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise TrainingError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise TrainingError(f"{path}: the table of synonyms is not JSON: {error}") from error
    if not isinstance(table, dict) or not all(_is_word_list(words) for words in table.values()):
        raise TrainingError(f'{path}: a table of synonyms is {{"mug": ["cup", "beaker"], …}}')
    return {word.lower(): tuple(words) for word, words in table.items()}


def _is_word_list(words: object) -> bool:
    return isinstance(words, list) and all(isinstance(word, str) and word.strip() for word in words)
