"""Callers by signed tokens (JWT, RFC 7519) of an issuer that the operator trusts.

Algorithms are those of the settings, and each key has its own: what a token says of its algorithm chooses nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from gateway.adapters.key_file import DefaultLimits, expired, invalid
from gateway.core.access.model import Caller
from triptych.runtime.security.followed import Followed
from triptych.vocabulary.errors import Unauthenticated
from triptych.vocabulary.roles import Role

SECRET_BYTES_MIN = 32
CALLER_CHARACTERS_MAX = 128
REQUIRED = ("exp", "iss", "aud", "sub")


@dataclass(frozen=True)
class Trust:
    """What is asked of a token.

    Args:
        keys: a JWKS file with public keys (RFC 7517), or a file with the secret of HS256.
        algorithms: those that are accepted, such as ("RS256", "ES256").
        issuer, audience: what `iss` and `aud` must say.
        leeway_s: how far the clocks may be apart.
        roles_claim, catalogs_claim: where roles and catalogues stand, a list or words.
    """

    keys: Path
    algorithms: tuple[str, ...]
    issuer: str
    audience: str
    leeway_s: float = 30.0
    roles_claim: str = "roles"
    catalogs_claim: str = "catalogs"


class JwtTokens:
    """Implements `Credentials`.

    Raises:
        OSError, ValueError: the file of keys cannot be read, or holds none that fits.
    """

    def __init__(self, trust: Trust, limits: DefaultLimits) -> None:
        self._trust, self._limits = trust, limits
        self._keys = Followed([trust.keys], lambda: read_keys(trust))

    def caller(self, sent: str) -> Caller:
        """See the port."""
        try:
            claims = self._claims(sent)
        except jwt.ExpiredSignatureError as error:
            # The signature was checked before: only who had a good token learns this.
            raise expired("token") from error
        except (jwt.PyJWTError, ValueError) as error:
            raise invalid() from error
        roles = [Role[name.upper()] for name in words(claims, self._trust.roles_claim) if is_role(name)]
        return Caller(
            id=f"jwt:{claims['sub']}"[:CALLER_CHARACTERS_MAX],
            role=max(roles, default=None),
            catalogs=frozenset(words(claims, self._trust.catalogs_claim)),
            requests_per_second=self._limits.requests_per_second,
            requests_at_once=self._limits.requests_at_once,
        )

    def _claims(self, sent: str) -> dict[str, Any]:
        key = self._key(jwt.get_unverified_header(sent).get("kid"))
        return jwt.decode(
            sent,
            key,
            algorithms=list(self._trust.algorithms),
            issuer=self._trust.issuer,
            audience=self._trust.audience,
            leeway=self._trust.leeway_s,
            options={"require": list(REQUIRED)},
        )

    def _key(self, key_id: str | None) -> jwt.PyJWK:
        keys = self._keys.value()
        if key_id is None and len(keys) == 1:
            return next(iter(keys.values()))
        try:
            return keys[str(key_id)]
        except KeyError as error:
            raise Unauthenticated(invalid().message, reason=invalid().reason) from error


def read_keys(trust: Trust) -> Mapping[str, jwt.PyJWK]:
    """Return the keys in the file that *trust* names, by their ids.

    Raises:
        OSError: it cannot be read.
        ValueError: it holds no key that fits.
    """
    content = trust.keys.read_bytes()
    if "HS256" in trust.algorithms:
        return {"": _secret(content.strip())}
    try:
        found = jwt.PyJWKSet.from_dict(json.loads(content)).keys
    except (jwt.PyJWTError, ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"{trust.keys} is no set of keys (JWKS)") from error
    keys = {str(key.key_id): key for key in found if key.algorithm_name in trust.algorithms}
    if not keys:
        raise ValueError(f"{trust.keys} has no key for {', '.join(trust.algorithms)}")
    return keys


def _secret(secret: bytes) -> jwt.PyJWK:
    if len(secret) < SECRET_BYTES_MIN:
        raise ValueError(f"a secret of fewer than {SECRET_BYTES_MIN} bytes can be guessed")
    encoded = jwt.utils.base64url_encode(secret).decode()
    return jwt.PyJWK({"kty": "oct", "k": encoded, "alg": "HS256"})


def is_role(name: str) -> bool:
    """Whether *name* is one of our roles; an issuer may have others."""
    return name.upper() in Role.__members__


def words(claims: Mapping[str, Any], name: str) -> Sequence[str]:
    """Return what a claim lists, as a list of strings or as words in one."""
    value = claims.get(name, ())
    if isinstance(value, str):
        return value.split()
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
