"""Strings as Milvus keeps them: letters that mean nothing in any expression, whatever a string holds."""

import hashlib
from functools import lru_cache
from urllib.parse import quote, unquote

# A longer string is kept as its checksum: filters only ask whether two strings are the same.
CODE_BYTES_MAX = 66
CODE_PREFIX = "%h"


def encoded(text: str) -> str:
    """Return *text* percent-encoded: letters, digits and "_.-%" alone are left."""
    # ~ means something in the JSON pointers by which Milvus finds attributes.
    return quote(text, safe="").replace("~", "%7E")


def decoded(text: str) -> str:
    """Return what was `encoded` as *text*."""
    return unquote(text)


@lru_cache(maxsize=16_384)
def code_of(text: str) -> str:
    """Return what stands for *text* where strings are compared: itself, encoded, or "%h" and its SHA-256.

    No encoded text begins with "%h".
    """
    whole = encoded(text)
    return (
        whole if len(whole) <= CODE_BYTES_MAX else f"{CODE_PREFIX}{hashlib.sha256(text.encode()).hexdigest()}"
    )
