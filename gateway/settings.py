"""What the gateway can be told from outside."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from gateway.settings_access import AccessSettings
from triptych.runtime.security.tls import TlsFiles
from triptych.runtime.settings import ServerSettings

TOKEN_KEY_CHARACTERS_MIN = 32


class GatewaySettings(AccessSettings, ServerSettings):
    """Settings of the gateway: variables TRIPTYCH_GATEWAY_*."""

    model_config = SettingsConfigDict(
        env_prefix="TRIPTYCH_GATEWAY_",
        frozen=True,
        extra="ignore",
    )

    port: int = Field(7100, ge=0, le=65535, description="Port of the gRPC server; 0 takes a free one.")
    metrics_port: int = Field(
        8100, ge=0, le=65535, description="Port of the Prometheus endpoint /metrics; 0 takes a free one."
    )
    encoder: str = Field(
        "127.0.0.1:7101", description="Address of the encoder room: host:port or a gRPC name."
    )
    fusion: str = Field("127.0.0.1:7102", description="Address of the fusion room.")
    encoder_next: str = Field(
        "",
        description="Address of an encoder room of another pack, to which catalogues are upgraded; empty: none.",
    )
    fusion_next: str = Field("", description="Address of the fusion room of that pack; empty: none.")
    search: str = Field("127.0.0.1:7103", description="Address of the search room.")
    ranker: str = Field("127.0.0.1:7104", description="Address of the ranker room.")
    rooms_tls_ca: str = Field(
        "",
        description="PEM file of the CAs of which the rooms must show a certificate, read again when it changes; empty: "
        "no TLS.",
    )
    rooms_tls_cert: str = Field(
        "", description="PEM file of the certificate that the gateway shows the rooms; empty: none."
    )
    rooms_tls_key: str = Field("", description="PEM file of its private key.")
    token_key: SecretStr = Field(
        SecretStr(""),
        description="Secret by which tokens are signed, at least 32 characters, the same for all replicas; "
        "empty: one that is forgotten when the gateway stops.",
    )
    token_keys_accepted: tuple[SecretStr, ...] = Field(
        (),
        description='Further secrets whose tokens are accepted while the key is changed, a JSON list such as ["…", "…"]; '
        "at least 32 characters each; empty: none.",
    )
    searches_at_once_min: int = Field(
        2,
        ge=1,
        le=10_000,
        description="Searches, recommendations and recognitions worked on at once at least; how many more follows what "
        "they take, up to 0.6 of requests_in_flight_max.",
    )
    writes_at_once_min: int = Field(
        8, ge=1, le=10_000, description="Writes worked on at once at least; likewise, up to a quarter."
    )
    requests_bytes_max: int = Field(
        1024**3,
        ge=2 * 1024**2,
        description="How large the requests that are worked on may be together, in bytes: searches half of it, writes half.",
    )
    page_token_minutes: int = Field(
        30, ge=1, le=1440, description="How long the token of a next page can be used, in minutes."
    )

    update_time_ahead_hours: int = Field(
        24,
        ge=0,
        le=87_600,
        description="How far the update_time of a write may lie ahead of the gateway's clock, in hours.",
    )
    words_alone_confidence: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Speech of which the transcriber is surer than this is searched by its words alone where the "
        "request leaves it open; 1: always by its sound too.",
    )
    query_recording_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Share of the queries of words alone that is recorded, the latest 2,000 of a catalogue, to compare "
        "model packs by; 0 records none. Pictures and sounds are never recorded.",
    )
    events_path: Path = Field(
        Path("var/gateway/events.db"),
        description="File that keeps what customers did; made when the first event is recorded.",
    )
    events_bytes_max: int = Field(
        10 * 1024**3, ge=1024**2, description="Largest that file may become, in bytes."
    )

    ingest_streams_max: int = Field(
        8,
        ge=1,
        le=1000,
        description="Streams of products at once; one more is refused with RESOURCE_EXHAUSTED.",
    )
    ingest_window_items: int = Field(
        1024, ge=1, le=100_000, description="Products of one stream that are taken and not yet acknowledged."
    )
    ingest_window_bytes: int = Field(
        64 * 1024**2, ge=1024**2, description="Bytes of those; a larger product goes alone."
    )
    ingest_batch_items: int = Field(64, ge=1, le=100, description="Products of a stream written together.")
    ingest_batch_bytes: int = Field(
        16 * 1024**2, ge=1024**2, le=64 * 1024**2, description="Bytes of those; a larger product goes alone."
    )
    ingest_batches: int = Field(3, ge=1, le=64, description="Batches of one stream written at once.")
    ingest_linger_ms: int = Field(
        50, ge=0, le=10_000, description="How long a batch that is not full waits for more, in milliseconds."
    )
    ingest_batch_ms: int = Field(
        60_000, ge=1, description="How long one attempt to write a batch may take, in milliseconds."
    )
    ingest_patience_ms: int = Field(
        120_000,
        ge=0,
        description="How long a batch that cannot be written for the moment is tried again before the stream ends, "
        "in milliseconds.",
    )
    ingest_idle_ms: int = Field(
        300_000, ge=1, description="How long the client of a stream may send nothing, in milliseconds."
    )
    ingest_unread_ms: int = Field(
        60_000, ge=1, description="How long it may leave its acknowledgements unread, in milliseconds."
    )

    @property
    def rooms_tls(self) -> TlsFiles:
        """What the rooms are called with; no CA: no TLS."""
        return TlsFiles(self.rooms_tls_cert, self.rooms_tls_key, self.rooms_tls_ca)

    @model_validator(mode="after")
    def _next_is_a_pair(self) -> "GatewaySettings":
        if bool(self.encoder_next) != bool(self.fusion_next):
            raise ValueError("encoder_next and fusion_next belong together: set both or neither")
        return self

    @field_validator("token_key")
    @classmethod
    def _is_long_enough(cls, key: SecretStr) -> SecretStr:
        return long_enough(key) if key else key

    @field_validator("token_keys_accepted")
    @classmethod
    def _are_long_enough(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        return tuple(map(long_enough, keys))


def long_enough(key: SecretStr) -> SecretStr:
    """Return *key*; refuse one that can be guessed."""
    if len(key) < TOKEN_KEY_CHARACTERS_MIN:
        raise ValueError(f"a key of fewer than {TOKEN_KEY_CHARACTERS_MIN} characters can be guessed")
    return key
