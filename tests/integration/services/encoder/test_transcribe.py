"""Speech to text with the repository's transcriber in a real Triton, seen through the room's RPC."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc_status import rpc_status

from training.demo.voices import SAMPLE_RATE_HZ, VOICES_BY_NAME, speak
from triptych.internal.v1.encoder_service_pb2 import TranscribeRequest
from triptych.v1.types_pb2 import Media
from triptych.vocabulary.errors import Reason

MODELS = Path(__file__).parents[4] / "triton" / "model_repository"


def flac(wave, rate_hz=SAMPLE_RATE_HZ):
    buffer = io.BytesIO()
    soundfile.write(buffer, wave, rate_hz, format="FLAC")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def said():
    """A sound file of a sentence in a clear voice."""
    return flac(speak("show me a black leather suitcase", VOICES_BY_NAME["en-us"]))


async def transcribed(encoder, **media):
    return await encoder.Transcribe(TranscribeRequest(audio=Media(**media)), timeout=60)


async def refusal(encoder, rpc_error, **media):
    """The reason and the field."""
    with pytest.raises(rpc_error) as refused:
        await transcribed(encoder, **media)
    info, bad = ErrorInfo(), BadRequest()
    for detail in rpc_status.from_call(refused.value).details:
        detail.Unpack(info)
        detail.Unpack(bad)
    return info.reason, bad.field_violations[0].field if bad.field_violations else ""


async def test_speech_becomes_words_and_slots(encoder, said):
    """What was said, which attributes it names, and the model that listened; the same each time."""
    heard = await transcribed(encoder, data=said)

    assert "show me a black leather suitcase" == heard.transcript
    assert {"category": "suitcase", "colour": "black", "material": "leather"} == dict(heard.slots)
    assert 0.5 <= heard.confidence <= 1
    assert ("transcriber", "1", "") == (heard.model.name, heard.model.version, heard.model.space)
    assert heard == await transcribed(encoder, data=said)


async def test_a_file_may_be_named(encoder, said):
    """An allowed address is as good as the bytes."""
    (encoder.media / "said.flac").write_bytes(said)

    heard = await transcribed(encoder, uri=(encoder.media / "said.flac").as_uri())
    assert "show me a black leather suitcase" == heard.transcript


async def test_noise_has_no_words(encoder):
    """Where the passes do not agree on any sentence, none is claimed."""
    noise = 0.1 * np.random.default_rng(3).standard_normal(2 * SAMPLE_RATE_HZ)
    heard = await transcribed(encoder, data=flac(noise))

    assert ("", {}) == (heard.transcript, dict(heard.slots))
    assert 0 <= heard.confidence <= 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (flac(np.zeros(SAMPLE_RATE_HZ)), Reason.AUDIO_SILENT),
        (flac(np.ones(800)), Reason.AUDIO_TOO_SHORT),
        (b"no sound", Reason.AUDIO_UNREADABLE),
    ],
    ids=["silence", "short", "no sound"],
)
async def test_what_cannot_be_heard_is_refused(encoder, rpc_error, data, reason):
    """With the same reasons as for encoding, and the field to blame."""
    assert (reason.value, "audio.data") == await refusal(encoder, rpc_error, data=data)


async def test_a_pack_without_a_transcriber(serve_models, serve, until_ready, rpc_error, tmp_path, said):
    """The caller is told which model is missing."""
    repository = tmp_path / "pack"
    repository.mkdir()
    (repository / "text_encoder").symlink_to(MODELS / "text_encoder")
    with serve_models(repository) as triton:
        async with serve(triton_url=triton) as (stub, health):
            await until_ready(health)
            reason, field = await refusal(stub, rpc_error, data=said)

    assert (Reason.MODEL_NOT_SERVED.value, "") == (reason, field)
