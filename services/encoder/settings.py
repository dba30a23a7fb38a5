"""What the encoder service can be told from outside, read once from the environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from triptych.runtime.security.settings import TritonCallerSettings

MEBIBYTE = 1024 * 1024


class EncoderSettings(TritonCallerSettings):
    """Settings of the encoder service: variables TRIPTYCH_ENCODER_*."""

    model_config = SettingsConfigDict(env_prefix="TRIPTYCH_ENCODER_", frozen=True, extra="ignore")

    port: int = Field(7101, ge=0, le=65535, description="Port of the gRPC server; 0 takes a free one.")
    metrics_port: int = Field(
        8101, ge=0, le=65535, description="Port of the Prometheus endpoint /metrics; 0 takes a free one."
    )
    triton_url: str = Field(
        "127.0.0.1:7001", min_length=1, description="gRPC address of Triton, as host:port."
    )
    text_model: str = Field("text_encoder", min_length=1, description="Triton's name of the text encoder.")
    image_model: str = Field("image_encoder", min_length=1, description="Triton's name of the image encoder.")
    audio_model: str = Field("audio_encoder", min_length=1, description="Triton's name of the audio encoder.")
    describer_model: str = Field(
        "describer", min_length=1, description="Triton's name of the model that describes pictures."
    )
    transcriber_model: str = Field(
        "transcriber", min_length=1, description="Triton's name of the model that transcribes speech."
    )
    text_characters_max: int = Field(
        10_000, ge=1, le=1_000_000, description="Longest text, in characters as sent."
    )
    media_bytes_max: int = Field(
        8 * MEBIBYTE, ge=1024, le=64 * MEBIBYTE, description="Largest picture or sound file, in bytes."
    )
    remembered_bytes_max: int = Field(
        64 * MEBIBYTE,
        ge=0,
        description="Vectors that are remembered, so that what comes again is not encoded again, in bytes; 0: none.",
    )
    media_store: str = Field(
        "",
        description="Folder in which the pictures and sounds of products are kept, to be encoded by other models; empty: none.",
    )
    media_store_bytes_max: int = Field(
        16 * 1024 * MEBIBYTE, ge=0, description="Most bytes of pictures and sounds that are kept."
    )
    image_pixels_max: int = Field(
        40_000_000, ge=1, le=200_000_000, description="Largest picture, in pixels; checked before decoding."
    )
    audio_silence_dbfs: float = Field(
        -60.0,
        ge=-120.0,
        le=0.0,
        description="A sound whose RMS is below this is refused as silence, in dBFS.",
    )
    decode_threads: int = Field(
        2, ge=1, le=64, description="Pictures and sounds decoded at once; one needs up to 16 bytes a pixel."
    )
    parts_in_flight_max: int = Field(
        4_000,
        ge=2_000,
        description="Parts worked on at once over all requests; more are refused with RESOURCE_EXHAUSTED.",
    )
    descriptions_in_flight_max: int = Field(
        64, ge=1, description="Pictures described at once; more are refused with RESOURCE_EXHAUSTED."
    )
    transcriptions_in_flight_max: int = Field(
        32, ge=1, description="Sounds transcribed at once; more are refused with RESOURCE_EXHAUSTED."
    )
    detections_in_flight_max: int = Field(
        64, ge=1, description="Sounds searched for speech at once; more are refused with RESOURCE_EXHAUSTED."
    )
    uri_allow: tuple[str, ...] = Field(
        (),
        description='Prefixes of URIs that may be fetched, a JSON list such as ["file:///data/media/"]; empty: none.',
    )
    uri_allow_private_hosts: bool = Field(
        False, description="Whether an allowed host may have a loopback, private or link-local address."
    )
    uri_timeout_ms: int = Field(
        5_000,
        ge=1,
        description="Longest fetch of one URI with all its tries; the deadline may end it sooner.",
    )
    uri_connect_timeout_ms: int = Field(
        1_000,
        ge=1,
        description="Longest look-up of a host's name, and longest connecting to it, in milliseconds.",
    )
    uri_read_timeout_ms: int = Field(2_000, ge=1, description="Longest silence of a host, in milliseconds.")
    uri_attempts_max: int = Field(
        3, ge=1, le=10, description="Tries of one URI where a host breaks off or says that it is overloaded."
    )
    uri_fetches_max: int = Field(64, ge=1, le=1024, description="HTTP fetches at once.")
    uri_fetches_per_host_max: int = Field(8, ge=1, le=256, description="HTTP fetches at once from one host.")
    uri_recent_ms: int = Field(
        10_000,
        ge=0,
        description="How long what was fetched is kept by its address in memory, in milliseconds; 0: not at all.",
    )
    uri_recent_bytes_max: int = Field(
        64 * MEBIBYTE, ge=0, description="Most bytes of files that are kept by their addresses."
    )
