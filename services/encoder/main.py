"""The encoder service, put together: settings → adapters → core → servicer → server."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tritonclient.grpc.aio import InferenceServerClient

from services.encoder.adapters.connections import CheckedBackend
from services.encoder.adapters.files import Files
from services.encoder.adapters.hosts import resolve
from services.encoder.adapters.media_folder import MediaFolder
from services.encoder.adapters.no_media import NoMedia
from services.encoder.adapters.pillow import PillowDecoder
from services.encoder.adapters.recent import RecentFiles
from services.encoder.adapters.silero import SileroDetector
from services.encoder.adapters.soundfile import SoundfileDecoder
from services.encoder.adapters.threads import ThreadedDecoder
from services.encoder.adapters.triton import TritonAudioEncoder, TritonImageEncoder, TritonTextEncoder
from services.encoder.adapters.triton_describer import TritonDescriber
from services.encoder.adapters.triton_transcriber import TritonTranscriber
from services.encoder.adapters.uris import AllowedUris, AllowList
from services.encoder.adapters.web import Web, WebLimits
from services.encoder.core.describe import PictureDescriber
from services.encoder.core.detect import SoundDetector, VoiceForm
from services.encoder.core.encode import PartsEncoder
from services.encoder.core.facts import AudioFacts, DescriberFacts, ImageFacts, SpeechFacts
from services.encoder.core.lane import Lane
from services.encoder.core.media import MediaPreparer
from services.encoder.core.ports import Fetcher, MediaStore, Pixels, Waveform
from services.encoder.core.remembered import SharedVectors, VectorMemory
from services.encoder.core.texts import TextPreparer
from services.encoder.core.transcribe import SoundTranscriber
from services.encoder.metrics import DECODE_SECONDS, VECTORS
from services.encoder.service import EncoderServicer
from services.encoder.settings import EncoderSettings
from triptych.internal.v1.encoder_service_pb2_grpc import add_EncoderServiceServicer_to_server
from triptych.runtime.context import remaining_of_s
from triptych.runtime.serve import Room, Service, run
from triptych.runtime.stores import watch_store
from triptych.runtime.triton import open_triton
from triptych.vocabulary.choices import Modality

# Files that wait for the disk at once: more did not make it faster.
SYNCS_AT_ONCE = 8
# All waiting for media may use this share of a request's time: the rest is for what is made of them, and of all others.
WAITING_SHARE = 0.5


def room_of(
    encoder: PartsEncoder,
    describer: PictureDescriber,
    transcriber: SoundTranscriber,
    detector: SoundDetector,
    store: MediaStore,
) -> Room:
    """Return the room that encodes, describes, transcribes, tells speech and keeps media with these."""
    service = Service(
        "triptych.internal.v1.EncoderService",
        add_EncoderServiceServicer_to_server,
        EncoderServicer(encoder, describer, transcriber, detector, store),
    )
    return Room("encoder", (service,), warm_up=encoder.warm_up, check=encoder.check)


def fetcher_of(settings: EncoderSettings, stack: AsyncExitStack) -> AllowedUris:
    """Return what fetches URIs; *stack* closes it."""
    backend = CheckedBackend(resolve, private_allowed=settings.uri_allow_private_hosts)
    allow = AllowList(settings.uri_allow)
    web = Web(
        backend,
        allowed=allow.web_address,
        waiting_s=lambda: remaining_of_s(WAITING_SHARE),
        limits=WebLimits(
            fetch_s=settings.uri_timeout_ms / 1e3,
            connect_s=settings.uri_connect_timeout_ms / 1e3,
            read_s=settings.uri_read_timeout_ms / 1e3,
            attempts_max=settings.uri_attempts_max,
            fetches_max=settings.uri_fetches_max,
            fetches_per_host_max=settings.uri_fetches_per_host_max,
        ),
        recent=RecentFiles(settings.uri_recent_ms / 1e3, settings.uri_recent_bytes_max),
    )
    stack.push_async_callback(web.close)
    return AllowedUris(allow, Files(settings.uri_allow), web)


def store_of(settings: EncoderSettings, stack: AsyncExitStack) -> MediaStore:
    """Return where media are kept; *stack* closes it."""
    if not settings.media_store:
        return NoMedia()
    threads = stack.enter_context(ThreadPoolExecutor(SYNCS_AT_ONCE, "media"))
    folder = MediaFolder(Path(settings.media_store), settings.media_store_bytes_max, threads)
    watch_store(
        "media", Path(settings.media_store), lambda: folder.size_bytes, settings.media_store_bytes_max
    )
    return folder


def encoder_of(
    settings: EncoderSettings,
    client: InferenceServerClient,
    fetcher: Fetcher,
    store: MediaStore,
    threads: ThreadPoolExecutor,
) -> PartsEncoder:
    """Return the encoder that works with *client*'s models and decodes in *threads*."""
    memory = VectorMemory(settings.remembered_bytes_max)
    images = ThreadedDecoder[ImageFacts, Pixels](
        PillowDecoder(settings.image_pixels_max).decode, threads, DECODE_SECONDS.labels("IMAGE")
    )
    sounds = ThreadedDecoder[AudioFacts, Waveform](
        SoundfileDecoder(settings.audio_silence_dbfs).decode, threads, DECODE_SECONDS.labels("AUDIO")
    )
    lanes: dict[Modality, Lane[Any, Any]] = {
        Modality.TEXT: Lane(
            TritonTextEncoder(client, settings.text_model),
            TextPreparer(settings.text_characters_max),
            shared_vectors(memory, Modality.TEXT),
        ),
        Modality.IMAGE: Lane(
            TritonImageEncoder(client, settings.image_model),
            MediaPreparer(images, fetcher, store, settings.media_bytes_max),
            shared_vectors(memory, Modality.IMAGE),
        ),
        Modality.AUDIO: Lane(
            TritonAudioEncoder(client, settings.audio_model),
            MediaPreparer(sounds, fetcher, store, settings.media_bytes_max),
            shared_vectors(memory, Modality.AUDIO),
        ),
    }
    return PartsEncoder(lanes, settings.parts_in_flight_max)


def shared_vectors(memory: VectorMemory, modality: Modality) -> SharedVectors:
    """Return what makes vectors of *modality* once, and counts where they came from."""
    return SharedVectors(memory, lambda source, count: VECTORS.labels(modality.name, source).inc(count))


def describer_of(
    settings: EncoderSettings, client: InferenceServerClient, fetcher: Fetcher, threads: ThreadPoolExecutor
) -> PictureDescriber:
    """Return what describes with *client*'s model and decodes in *threads*."""
    pictures = ThreadedDecoder[DescriberFacts, Pixels](
        PillowDecoder(settings.image_pixels_max).decode, threads, DECODE_SECONDS.labels("IMAGE")
    )
    return PictureDescriber(
        TritonDescriber(client, settings.describer_model),
        MediaPreparer(pictures, fetcher, NoMedia(), settings.media_bytes_max),
        settings.descriptions_in_flight_max,
    )


def transcriber_of(
    settings: EncoderSettings, client: InferenceServerClient, fetcher: Fetcher, threads: ThreadPoolExecutor
) -> SoundTranscriber:
    """Return what transcribes with *client*'s model and decodes in *threads*."""
    sounds = ThreadedDecoder[SpeechFacts, Waveform](
        SoundfileDecoder(settings.audio_silence_dbfs).decode, threads, DECODE_SECONDS.labels("AUDIO")
    )
    return SoundTranscriber(
        TritonTranscriber(client, settings.transcriber_model),
        MediaPreparer(sounds, fetcher, NoMedia(), settings.media_bytes_max),
        settings.transcriptions_in_flight_max,
    )


def detector_of(settings: EncoderSettings, fetcher: Fetcher, threads: ThreadPoolExecutor) -> SoundDetector:
    """Return what tells speech from other sounds and works in *threads*."""
    sounds = ThreadedDecoder[VoiceForm, Waveform](
        SoundfileDecoder(settings.audio_silence_dbfs).decode, threads, DECODE_SECONDS.labels("AUDIO")
    )
    return SoundDetector(
        SileroDetector(threads),
        MediaPreparer(sounds, fetcher, NoMedia(), settings.media_bytes_max),
        settings.detections_in_flight_max,
    )


def build(stack: AsyncExitStack, settings: EncoderSettings) -> Room:
    """Return the encoder room; what it opens closes with *stack*."""
    threads = stack.enter_context(ThreadPoolExecutor(settings.decode_threads, "decode"))
    client = open_triton(settings.triton_url, settings.triton_tls)
    stack.push_async_callback(client.close)
    fetcher = fetcher_of(settings, stack)
    store = store_of(settings, stack)
    return room_of(
        encoder_of(settings, client, fetcher, store, threads),
        describer_of(settings, client, fetcher, threads),
        transcriber_of(settings, client, fetcher, threads),
        detector_of(settings, fetcher, threads),
        store,
    )


def main() -> None:
    """Serve until SIGTERM."""
    run("encoder", EncoderSettings, build)


if __name__ == "__main__":
    main()
