"""What the local suite can be told from outside."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from triptych.local.milvus import METRICS_PORT as MILVUS_METRICS_PORT
from triptych.local.milvus import PORT as MILVUS_PORT
from triptych.local.triton import GRPC_PORT, HTTP_PORT, IMPORT_ROOT
from triptych.local.triton import METRICS_PORT as TRITON_METRICS_PORT


class SuiteSettings(BaseSettings):
    """Settings of the local suite: variables TRIPTYCH_*. The rooms read their own from the same environment."""

    model_config = SettingsConfigDict(env_prefix="TRIPTYCH_", frozen=True, extra="ignore")

    state: Path = Field(Path("var/suite"), description="Folder for data, logs and what runs.")
    model_repository: Path = Field(
        IMPORT_ROOT / "triton" / "model_repository",
        description="Pack that Triton serves, whatever `triptych pack use` has chosen.",
    )
    packs: Path = Field(Path("var/packs"), description="Folder of the packs that were imported.")
    milvus_port: int = Field(MILVUS_PORT, ge=1, le=65535, description="gRPC port of Milvus.")
    milvus_metrics_port: int = Field(
        MILVUS_METRICS_PORT, ge=1, le=65535, description="Port of Milvus's /metrics and /healthz."
    )
    triton_grpc_port: int = Field(GRPC_PORT, ge=1, le=65535, description="gRPC port of Triton.")
    triton_http_port: int = Field(HTTP_PORT, ge=1, le=65535, description="HTTP port of Triton.")
    triton_metrics_port: int = Field(
        TRITON_METRICS_PORT, ge=1, le=65535, description="Port of Triton's /metrics."
    )
    next_pack: Path | None = Field(
        None, description="A second pack to serve beside it, to which catalogues can be upgraded."
    )
    triton_next_grpc_port: int = Field(7011, ge=1, le=65535, description="gRPC port of the second Triton.")
    triton_next_http_port: int = Field(7010, ge=1, le=65535, description="HTTP port of the second Triton.")
    triton_next_metrics_port: int = Field(7012, ge=1, le=65535, description="Port of its /metrics.")
    encoder_next_port: int = Field(7111, ge=1, le=65535, description="Port of the second encoder.")
    encoder_next_metrics_port: int = Field(8111, ge=1, le=65535, description="Port of its /metrics.")
    fusion_next_port: int = Field(7112, ge=1, le=65535, description="Port of the second fusion service.")
    fusion_next_metrics_port: int = Field(8112, ge=1, le=65535, description="Port of its /metrics.")
    encoder_port: int = Field(7101, ge=1, le=65535, description="Port of the encoder.")
    encoder_metrics_port: int = Field(8101, ge=1, le=65535, description="Port of the encoder's /metrics.")
    fusion_port: int = Field(7102, ge=1, le=65535, description="Port of the fusion service.")
    fusion_metrics_port: int = Field(8102, ge=1, le=65535, description="Port of its /metrics.")
    search_port: int = Field(7103, ge=1, le=65535, description="Port of the search service.")
    search_metrics_port: int = Field(8103, ge=1, le=65535, description="Port of its /metrics.")
    ranker_port: int = Field(7104, ge=1, le=65535, description="Port of the ranker.")
    ranker_metrics_port: int = Field(8104, ge=1, le=65535, description="Port of its /metrics.")
    gateway_port: int = Field(7100, ge=1, le=65535, description="Port of the gateway.")
    gateway_metrics_port: int = Field(8100, ge=1, le=65535, description="Port of its /metrics.")

    tracing_endpoint: str = Field(
        "",
        pattern="^(https?://[^/]+)?$",
        description="Collector of OpenTelemetry that all rooms send their spans to; see docs/tracing.md.",
    )
    tracing_ratio: float = Field(1.0, ge=0, le=1, description="Share of the requests that are traced.")

    @property
    def folder(self) -> Path:
        """The folder of the suite, seen from everywhere."""
        return self.state.resolve()
