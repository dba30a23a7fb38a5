"""What the gateway can be told from outside."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from triptych.runtime.settings import ServerSettings


class GatewaySettings(ServerSettings):
    """Settings of the gateway: variables TRIPTYCH_GATEWAY_*."""

    model_config = SettingsConfigDict(env_prefix="TRIPTYCH_GATEWAY_", frozen=True, extra="ignore")

    port: int = Field(7100, ge=0, le=65535, description="Port of the gRPC server; 0 takes a free one.")
    metrics_port: int = Field(
        8100, ge=0, le=65535, description="Port of the Prometheus endpoint /metrics; 0 takes a free one."
    )
    encoder: str = Field(
        "127.0.0.1:7101", description="Address of the encoder room: host:port or a gRPC name."
    )
    fusion: str = Field("127.0.0.1:7102", description="Address of the fusion room.")
    search: str = Field("127.0.0.1:7103", description="Address of the search room.")
    ranker: str = Field("127.0.0.1:7104", description="Address of the ranker room.")
