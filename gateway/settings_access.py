"""Who may call the gateway, and how often."""

from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

from triptych.runtime.security.doors import is_loopback

Algorithm = Literal["RS256", "ES256", "EdDSA", "HS256"]


class AccessSettings(BaseModel):
    """The part of the gateway's settings that its gate reads."""

    keys_file: str = Field(
        "",
        description="File of hashed API keys that `triptych keys` writes, read again when it changes; empty: no keys.",
    )
    jwt_keys_file: str = Field(
        "",
        description="File of the public keys (JWKS) by which tokens are signed, or of the secret of HS256, read again when "
        "it changes; empty: no tokens.",
    )
    jwt_algorithms: tuple[Algorithm, ...] = Field(
        ("RS256", "ES256", "EdDSA"),
        description='Algorithms that are accepted, a JSON list of RS256, ES256 and EdDSA, or ["HS256"] alone.',
    )
    jwt_issuer: str = Field("", description="What `iss` of a token must say.")
    jwt_audience: str = Field("", description="What `aud` of a token must say, or have among others.")
    jwt_leeway_seconds: int = Field(
        30, ge=0, le=300, description="How far the clocks of issuer and gateway may be apart, in seconds."
    )
    jwt_roles_claim: str = Field("roles", min_length=1, description="Claim that lists roles.")
    jwt_catalogs_claim: str = Field("catalogs", min_length=1, description="Claim that lists catalogues.")
    anonymous: bool = Field(
        False,
        description="Whether to serve without keys and tokens on an address that other machines reach; on a loopback "
        "address that needs no word.",
    )
    requests_per_second: float = Field(
        0, ge=0, description="Requests a second of a caller that has no limit of its own; 0: any number."
    )
    requests_at_once: int = Field(
        0, ge=0, description="Requests at once of a caller that has no limit of its own; 0: any number."
    )
    audit_file: str = Field(
        "", description="File to which each write adds a line, beside that in the log; empty: the log alone."
    )

    @property
    def asks_for_credentials(self) -> bool:
        """Whether callers need a key or a token."""
        return bool(self.keys_file or self.jwt_keys_file)

    @model_validator(mode="after")
    def _is_meant(self) -> Self:
        host = getattr(self, "host", "localhost")
        if not self.asks_for_credentials and not self.anonymous and not is_loopback(host):
            raise ValueError(
                f"whoever reaches {host} could read and change every catalogue: set keys_file or jwt_keys_file, or "
                "anonymous=true where something else keeps strangers out"
            )
        if self.asks_for_credentials and self.anonymous:
            raise ValueError("anonymous=true and keys_file or jwt_keys_file contradict each other")
        return self

    @model_validator(mode="after")
    def _tokens_are_whole(self) -> Self:
        if self.jwt_keys_file and not (self.jwt_issuer and self.jwt_audience):
            raise ValueError(
                "jwt_keys_file needs jwt_issuer and jwt_audience: a token for others is none for us"
            )
        if "HS256" in self.jwt_algorithms and self.jwt_algorithms != ("HS256",):
            raise ValueError(
                "jwt_algorithms has HS256 alone or not at all: a public key must never be a secret"
            )
        return self
