"""Messages that travel with a client and come back unchanged, or are refused."""

import hashlib
import hmac
import zlib

from itsdangerous import Signer
from itsdangerous.encoding import base64_decode, base64_encode

# Of what is unpacked; the largest that is sealed is below 1 MB.
UNPACKED_BYTES_MAX = 8 * 1024 * 1024


class NotSealedHere(ValueError):
    """A token that was not made with this key for this purpose."""


class Seal:
    """Packs bytes into tokens of URL-safe characters, signed by HMAC-SHA256; *purpose* keeps kinds of tokens apart."""

    def __init__(self, key: str, purpose: str) -> None:
        self._signer = Signer(key, salt=purpose, key_derivation="hmac", digest_method=hashlib.sha256)

    def seal(self, data: bytes) -> str:
        """Return *data* as a token; it can be read by whoever has it, but not changed."""
        return self._signer.sign(base64_encode(zlib.compress(data))).decode()

    def open(self, token: str) -> bytes:
        """Return what was sealed.

        Raises:
            NotSealedHere: it was not, or it was changed.
        """
        packed, _, _ = token.encode().rpartition(b".")
        # Compared as it is written: Base64 can write one signature in several ways.
        if not hmac.compare_digest(self._signer.sign(packed), token.encode()):
            raise NotSealedHere
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(base64_decode(packed), UNPACKED_BYTES_MAX)
        if not unpacking.eof:
            raise NotSealedHere
        return data
