"""The form in which every text is encoded, in service and in training alike."""

import unicodedata

# Control and format characters (Unicode's Cc and Cf): invisible, so they can only mislead.
_INVISIBLE = frozenset({"Cc", "Cf"})


def normalised(text: str) -> str:
    """Return *text* in Unicode's form NFKC, with nothing invisible in it and single spaces between words."""
    # Plain ASCII is in normal form already: the common case is spared the walk over its characters.
    if not (text.isascii() and text.isprintable()):
        # What is invisible goes first: it may stand between characters that the normal form joins.
        text = unicodedata.normalize("NFKC", "".join(map(_visible, text)))
    return " ".join(text.split())


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _INVISIBLE or character.isspace():
        return character
    return ""
