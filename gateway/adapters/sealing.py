"""Messages that travel with a client and come back unchanged, or are refused."""

import hashlib
import hmac
import zlib
from collections.abc import Sequence

from itsdangerous import Signer
from itsdangerous.encoding import base64_decode, base64_encode

# Of what is unpacked; the largest that is sealed is below 1 MB.
UNPACKED_BYTES_MAX = 8 * 1024 * 1024


class NotSealedHere(ValueError):
    """A token that was not made with this key for this purpose."""


class Seal:
    """Packs bytes into tokens of URL-safe characters, signed by HMAC-SHA256.

    Args:
        key: signs.
        purpose: keeps kinds of tokens apart.
        accepted: further keys; tokens that they signed are opened too.
    """

    def __init__(self, key: str, purpose: str, accepted: Sequence[str] = ()) -> None:
        self._signers = [_signer(each, purpose) for each in (key, *accepted)]

    def seal(self, data: bytes) -> str:
        """Return *data* as a token; it can be read by whoever has it, but not changed."""
        return self._signers[0].sign(base64_encode(zlib.compress(data))).decode()

    def open(self, token: str) -> bytes:
        """Return what was sealed.

        Raises:
            NotSealedHere: it was not, or it was changed.
        """
        written = token.encode()
        packed, _, _ = written.rpartition(b".")
        # Compared as it is written: Base64 can write one signature in several ways.
        if not any(hmac.compare_digest(each.sign(packed), written) for each in self._signers):
            raise NotSealedHere
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(base64_decode(packed), UNPACKED_BYTES_MAX)
        if not unpacking.eof:
            raise NotSealedHere
        return data


def _signer(key: str, purpose: str) -> Signer:
    return Signer(key, salt=purpose, key_derivation="hmac", digest_method=hashlib.sha256)
