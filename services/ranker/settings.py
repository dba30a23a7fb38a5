"""What the ranker service can be told from outside, read once from the environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from triptych.runtime.security.settings import TritonCallerSettings


class RankerSettings(TritonCallerSettings):
    """Settings of the ranker service: variables TRIPTYCH_RANKER_*."""

    model_config = SettingsConfigDict(env_prefix="TRIPTYCH_RANKER_", frozen=True, extra="ignore")

    port: int = Field(7104, ge=0, le=65535, description="Port of the gRPC server; 0 takes a free one.")
    metrics_port: int = Field(
        8104, ge=0, le=65535, description="Port of the Prometheus endpoint /metrics; 0 takes a free one."
    )
    triton_url: str = Field(
        "127.0.0.1:7001",
        description="gRPC address of Triton, as host:port; empty for a ranker without networks.",
    )
    triton_model: str = Field(
        "ranker", min_length=1, description="Name of the ranking model in Triton's repository."
    )
