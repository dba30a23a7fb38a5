"""Other ways to say the words of limits, denials and numbers than the American dictionary has.

The acoustic model was made from adults of North America. Elsewhere the r of "four" is silent, the o of "not" is
round and that of "over" is another; everywhere the n of "ninety" melts into the one before it ("hundred and ninety").
"""

from collections.abc import Mapping, Sequence
from itertools import count, takewhile
from types import MappingProxyType
from typing import TypeAlias

from training.speech.pronunciations import Lookup

Variants: TypeAlias = Mapping[str, Sequence[str]]
"""Word → phones of the CMU dictionary, for each further way to say it."""

VARIANTS: Variants = MappingProxyType(
    {
        "below": ("B IH L AH UW",),
        "cheaper": ("CH IY P AH",),
        "dollars": ("D AO L AH Z",),
        "euros": ("Y AO R AH UW Z",),
        "forty": ("F AO T IY",),
        "four": ("F AO",),
        "fourteen": ("F AO T IY N",),
        "more": ("M AO",),
        "most": ("M AH UW S T",),
        "nine": ("AY N",),
        "nineteen": ("AY N T IY N",),
        "ninety": ("AY N T IY", "AY N D IY"),
        "no": ("N AH UW",),
        "not": ("N AO T",),
        "one": ("W AO N",),
        "over": ("AH UW V AH",),
        "under": ("AA N D ER",),
    }
)
NO_VARIANTS: Variants = MappingProxyType({})


def numbered(words: Sequence[str], variants: Variants, known: Lookup) -> dict[str, str]:
    """Return the *variants* of *words* as a dictionary writes them, "not(2)": behind those that *known* has; none twice.

    >>> numbered(["most"], {"most": ["M AH UW S T"]}, {"most": "M OW S T", "most(2)": "M OW S"}.get)
    {'most(3)': 'M AH UW S T'}
    """
    made: dict[str, str] = {}
    for word in sorted(set(words) & set(variants)):
        names = (word if at == 1 else f"{word}({at})" for at in count(1))
        said = list(takewhile(bool, map(known, names)))
        further = [phones for phones in dict.fromkeys(variants[word]) if phones not in said]
        made |= {f"{word}({at})": phones for at, phones in enumerate(further, start=len(said) + 1)}
    return made
