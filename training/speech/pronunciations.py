"""How words sound, in the phones of the CMU dictionary, for words that the dictionary lacks.

Letters are turned into phones by a short table of English spelling, longest match first. This is honestly
approximate: it is right for most regular words and close enough for a grammar to tell a name from its neighbours;
a list of right pronunciations, where there is one, goes before it. Parts that the dictionary does know
("tea-light", "t-shirts", "3d") are taken from there.
"""

import re
from collections.abc import Callable, Mapping, Sequence

Lookup = Callable[[str], str | None]

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SPELLED = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY", "h": "EY CH",
    "i": "AY", "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N", "o": "OW", "p": "P IY",
    "q": "K Y UW", "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW", "v": "V IY", "w": "D AH B AH L Y UW",
    "x": "EH K S", "y": "W AY", "z": "Z IY",
}  # fmt: skip
# Spelling → phones, tried longest first; ^ and $ are the word's ends, V and C after a slash what must follow.
_SPELLINGS: Mapping[str, str] = {
    "^kn": "N", "^gn": "N", "^wr": "R", "^ps": "S", "^x": "Z", "^mc": "M AH K",
    "tion": "SH AH N", "ssion": "SH AH N", "sion": "ZH AH N", "ture": "CH ER", "ough": "AO", "augh": "AO",
    "eigh": "EY", "igh": "AY", "tch": "CH", "dge": "JH", "sch": "SH", "ch": "CH", "sh": "SH", "th": "TH",
    "ph": "F", "wh": "W", "ck": "K", "ng$": "NG", "nk": "NG K", "qu": "K W", "gh": "G", "ci": "S IY",
    "ce": "S EH", "cy": "S IY", "ge$": "JH", "ce$": "S", "se$": "Z", "le$": "AH L", "que$": "K", "gue$": "G",
    "ee": "IY", "ea": "IY", "ai": "EY", "ay": "EY", "oa": "OW", "oo": "UW", "ou": "AW", "ow": "OW", "oi": "OY",
    "oy": "OY", "au": "AO", "aw": "AO", "ew": "UW", "eu": "Y UW", "ie": "IY", "ei": "IY", "ue$": "UW",
    "ar": "AA R", "er": "ER", "ir": "ER", "ur": "ER", "or": "AO R", "ism$": "IH Z AH M", "ed$": "D", "es$": "Z",
    "a$": "AH", "e$": "", "i$": "IY", "o$": "OW", "u$": "UW", "y$": "IY", "^y": "Y",
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH",
    "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T",
    "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "IH", "z": "Z",
}  # fmt: skip
_LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW"}
_LONGEST = max(map(len, _SPELLINGS))
_FOLDED = str.maketrans("àáâãäåçèéêëìíîïñòóôõöøùúûüý", "aaaaaaceeeeiiiinoooooouuuuy")


def missing_pronunciations(words: Sequence[str], known: Lookup) -> dict[str, str]:
    """Return phones of those *words* that *known* has none for; words of no letter or digit are left out."""
    made = {word: pronounce(word, known) for word in words if known(word) is None}
    return {word: phones for word, phones in made.items() if phones}


def pronounce(word: str, known: Lookup) -> str:
    """Return the phones of *word*, each part of it looked up in *known* first; "" when nothing in it sounds.

    >>> pronounce("blick", lambda part: None)
    'B L IH K'
    """
    parts = re.findall(r"[a-z']+|\d", word.lower().translate(_FOLDED))
    return " ".join(phones for part in parts if (phones := _part(part, known)))


def _part(part: str, known: Lookup) -> str:
    if part.isdigit():
        part = _DIGITS[int(part)]
    bare = part.strip("'")
    if len(bare) == 1:
        return _SPELLED[bare]
    return known(part) or known(bare) or _stem(bare, known) or letters_to_phones(bare)


def _stem(word: str, known: Lookup) -> str:
    """Return the phones of a plural by those of its singular."""
    phones = known(word[:-1]) if word.endswith("s") and len(word) > 3 else None
    if not phones:
        return ""
    last = phones.split()[-1]
    if last in {"S", "Z", "SH", "CH", "ZH", "JH"}:
        return f"{phones} AH Z"
    return f"{phones} {'S' if last in {'P', 'T', 'K', 'F', 'TH'} else 'Z'}"


def letters_to_phones(word: str) -> str:
    """Return the phones that the letters of *word* (a to z) stand for."""
    spelled = re.sub(r"([bdfgklmnprt])\1", r"\1", word.replace("'", ""))
    phones: list[str] = []
    at = 0
    while at < len(spelled):
        taken, sound = _next(spelled, at)
        phones += sound.split()
        at += taken
    return " ".join(phones)


def _next(word: str, at: int) -> tuple[int, str]:
    """Return how many letters to take at *at*, and their phones."""
    # A vowel, one consonant, and a silent e at the end: the vowel is long ("crate").
    if word[at] in _LONG and re.fullmatch(r"[bcdfgklmnpstvz]e", word[at + 1 :]):
        return 1, _LONG[word[at]]
    for length in range(_LONGEST, 0, -1):
        piece = word[at : at + length]
        for key in (f"^{piece}$", f"^{piece}", f"{piece}$", piece):
            here = (at == 0 or key[0] != "^") and (at + len(piece) == len(word) or key[-1] != "$")
            if here and len(piece) == length and key in _SPELLINGS:
                return length, _SPELLINGS[key]
    return 1, ""
