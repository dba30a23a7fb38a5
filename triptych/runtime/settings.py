"""What every room can be told from outside, read once from the environment."""

from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from triptych.runtime.secrets import secrets_folder
from triptych.runtime.security.tls import TlsFiles


class ServerSettings(BaseSettings):
    """Settings that all rooms share; a room adds its own and sets the prefix of its variables."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,  # what is refused may be a secret
    )

    host: str = Field(
        "127.0.0.1", description="Address to listen on; 0.0.0.0 in a container, or :: with IPv6."
    )
    port: int = Field(0, ge=0, le=65535, description="Port of the gRPC server; 0 takes a free one.")
    metrics_port: int = Field(
        0, ge=0, le=65535, description="Port of the Prometheus endpoint /metrics; 0 takes a free one."
    )
    metrics_host: str = Field(
        "",
        description="Address of that endpoint, which asks nobody for a key; empty: that of the gRPC server.",
    )
    tls_cert: str = Field(
        "",
        description="PEM file of the server's certificate with its chain, read again when it changes; empty: no TLS.",
    )
    tls_key: str = Field("", description="PEM file of its private key, without a pass phrase.")
    tls_client_ca: str = Field(
        "",
        description="PEM file of the CAs of which clients must show a certificate (mutual TLS); empty: none is asked for.",
    )
    tls_callers: tuple[str, ...] = Field(
        (),
        description='Names of which a client\'s certificate must have one, a JSON list such as ["gateway"]; empty: '
        "any name.",
    )
    probe_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Port of a server without TLS that answers health checks alone, for kubelet, which speaks no TLS; 0: "
        "none.",
    )
    connections_max: int = Field(
        20_000, ge=1, description="Connections at once; one more is closed. Each needs an open file."
    )
    connection_age_max_ms: int = Field(
        0,
        ge=0,
        description="How old a connection grows before its client is asked to connect again, and so to ask DNS for new "
        "replicas, in milliseconds, give or take a tenth; what is in flight ends first. 0: as old as it likes.",
    )
    streams_per_connection_max: int = Field(
        1_000, ge=1, description="Requests at once of one connection; more wait in the client."
    )
    metadata_bytes_max: int = Field(
        16 * 1024, ge=4096, le=1024 * 1024, description="Largest metadata (headers) of a request, in bytes."
    )
    message_bytes_max: int = Field(
        80 * 1024 * 1024, ge=1024 * 1024, description="Largest message that the server takes, in bytes."
    )
    deadline_default_ms: int = Field(
        10_000, ge=1, description="Deadline of a request that brings none, in milliseconds."
    )
    deadline_max_ms: int = Field(
        120_000, ge=1, description="Longest deadline that a request can ask for, in milliseconds."
    )
    requests_in_flight_max: int = Field(
        256, ge=1, description="Requests worked on at once; one more is refused with RESOURCE_EXHAUSTED."
    )
    drain_ms: int = Field(
        3_000, ge=0, description="How long to go on serving after turning unready, in milliseconds."
    )
    grace_ms: int = Field(
        20_000, ge=0, description="How long requests in flight may take to end after that, in milliseconds."
    )
    check_interval_ms: int = Field(
        1_000, ge=10, description="Pause between two checks of the dependencies, in milliseconds."
    )
    tracing_endpoint: str = Field(
        "",
        pattern="^(https?://[^/]+)?$",
        description="Address of an OpenTelemetry collector that takes OTLP over gRPC, as http://host:4317, or https:// for "
        "TLS; empty: no tracing.",
    )
    tracing_ratio: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Share of the requests traced of those whose caller has not decided; who sends a traceparent has.",
    )
    reflection: bool = Field(True, description="Whether the server describes its services to clients.")
    log_level: str = Field(
        "info",
        pattern="^(debug|info|warning|error)$",
        description="Least severe level that is logged: debug, info, warning or error.",
    )

    @field_validator("host", "metrics_host")
    @classmethod
    def _without_brackets(cls, host: str) -> str:
        return host.removeprefix("[").removesuffix("]")

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("tls_cert and tls_key belong together: set both or neither")
        if (self.tls_client_ca or self.probe_port) and not self.tls_cert:
            raise ValueError(
                "tls_client_ca and probe_port are for a server with TLS: set tls_cert and tls_key too"
            )
        if self.tls_callers and not self.tls_client_ca:
            raise ValueError("tls_callers are names in clients' certificates: set tls_client_ca too")
        return self

    @property
    def tls(self) -> TlsFiles:
        """What the server shows and asks for; no certificate: no TLS."""
        return TlsFiles(self.tls_cert, self.tls_key, self.tls_client_ca)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no file of settings is read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - in its place comes our own
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read files of TRIPTYCH_SECRETS_DIR where neither code nor environment has a value."""
        return init_settings, env_settings, *secrets_folder(settings_cls)
