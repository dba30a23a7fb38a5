"""What the fusion service can be told from outside, read once from the environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from triptych.runtime.security.settings import TritonCallerSettings


class FusionSettings(TritonCallerSettings):
    """Settings of the fusion service: variables TRIPTYCH_FUSION_*."""

    model_config = SettingsConfigDict(env_prefix="TRIPTYCH_FUSION_", frozen=True, extra="ignore")

    port: int = Field(7102, ge=0, le=65535, description="Port of the gRPC server; 0 takes a free one.")
    metrics_port: int = Field(
        8102, ge=0, le=65535, description="Port of the Prometheus endpoint /metrics; 0 takes a free one."
    )
    triton_url: str = Field(
        "127.0.0.1:7001", min_length=1, description="gRPC address of Triton, as host:port."
    )
    triton_model: str = Field(
        "fusion", min_length=1, description="Name of the fusion model in Triton's repository."
    )
