"""What every room can be told from outside, read once from the environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServerSettings(BaseSettings):
    """Settings that all rooms share; a room adds its own and sets the prefix of its variables."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 in a container.")
    port: int = Field(0, ge=0, le=65535, description="Port of the gRPC server; 0 takes a free one.")
    metrics_port: int = Field(
        0, ge=0, le=65535, description="Port of the Prometheus endpoint /metrics; 0 takes a free one."
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
    reflection: bool = Field(True, description="Whether the server describes its services to clients.")
    log_level: str = Field(
        "info",
        pattern="^(debug|info|warning|error)$",
        description="Least severe level that is logged: debug, info, warning or error.",
    )
