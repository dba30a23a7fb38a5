"""What the search service can be told from outside, read once from the environment."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from triptych.runtime.security.tls import TlsFiles
from triptych.runtime.settings import ServerSettings


class SearchSettings(ServerSettings):
    """Settings of the search service: variables TRIPTYCH_SEARCH_*."""

    model_config = SettingsConfigDict(env_prefix="TRIPTYCH_SEARCH_", frozen=True, extra="ignore")

    port: int = Field(7103, ge=0, le=65535, description="Port of the gRPC server; 0 takes a free one.")
    metrics_port: int = Field(
        8103, ge=0, le=65535, description="Port of the Prometheus endpoint /metrics; 0 takes a free one."
    )
    milvus_uri: str = Field(
        "http://127.0.0.1:7530",
        pattern=r"^(https?://[^/]+|.+\.db)$",
        description="Address of Milvus, as http://host:port or https://host:port; or a Milvus Lite file, *.db.",
    )
    milvus_token: SecretStr = Field(
        SecretStr(""), description="user:password or API key for Milvus; empty where it asks for none."
    )
    milvus_tls_ca: str = Field(
        "",
        description="PEM file of the CAs of which Milvus must show a certificate where its address is https, read again "
        "when it changes; empty: those that the system trusts.",
    )
    milvus_tls_cert: str = Field(
        "", description="PEM file of the certificate that the room shows Milvus; empty: none."
    )
    milvus_tls_key: str = Field("", description="PEM file of its private key.")
    milvus_database: str = Field("", description="Milvus's database; empty for its default.")
    hnsw_m: int = Field(16, ge=2, le=2048, description="Links per vector in a new HNSW index.")
    hnsw_ef_construction: int = Field(
        200, ge=1, le=32_768, description="Candidates kept while a new HNSW index is built."
    )
    search_ef: int = Field(
        128,
        ge=1,
        le=32_768,
        description="Candidates kept while searching; never fewer than the rows asked for.",
    )
    consistency: Literal["strong", "bounded", "eventually"] = Field(
        "bounded",
        description="What a search sees: strong every acknowledged write, bounded those older than a short while.",
    )
    collection_memory_ms: int = Field(
        5_000,
        ge=0,
        le=600_000,
        description="How long it may take until searches follow an alias that was moved, in milliseconds.",
    )
    count_interval_s: int = Field(
        60,
        ge=0,
        le=86_400,
        description="Pause between two counts of all vectors for the metrics, in seconds; 0 counts never.",
    )
    sentinel_share: float = Field(
        0.001,
        ge=0,
        le=1,
        description="Share of the searches by vectors that are made again exactly, off their path, to measure recall; 0: "
        "none. One at a time, and at most a fiftieth of the time is spent on it.",
    )
    sentinel_rows_max: int = Field(
        200_000,
        ge=1,
        description="Rows looked at for one of these; of a larger space it is the next ones each time.",
    )
    lexical: Literal["sqlite", "milvus"] = Field(
        "sqlite",
        description="What finds words: sqlite a file of this one replica, milvus BM25 of Milvus 2.5 or later.",
    )
    lexical_path: Path = Field(
        Path("var/search/lexical.db"),
        description="The file for sqlite, on a local disk; where it is missing it is filled again from Milvus.",
    )

    @property
    def milvus_tls(self) -> TlsFiles:
        """What Milvus is called with where its address is https."""
        return TlsFiles(self.milvus_tls_cert, self.milvus_tls_key, self.milvus_tls_ca)
