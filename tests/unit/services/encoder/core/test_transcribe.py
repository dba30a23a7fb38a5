"""Sounds in, words out."""

import asyncio

import pytest

from services.encoder.core.facts import SpeechFacts
from services.encoder.core.parts import Media
from services.encoder.core.transcribe import Heard, SoundTranscriber
from tests.unit.services.encoder.core.sounds import UNREADABLE, prepared, sound
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import (
    FailedPrecondition,
    InvalidArgument,
    Reason,
    ResourceExhausted,
    Unavailable,
)
from triptych.vocabulary.vectors import ModelVersion

FACTS = SpeechFacts(ModelVersion("transcriber", "1", ""), ("en",), sample_rate_hz=8_000, seconds_max=5)


class FakeTranscriber:
    """Hears how many samples there are; says what it was told to be."""

    def __init__(self, facts=FACTS):
        self.told = facts
        self.waits = asyncio.Event()
        self.waits.set()

    async def facts(self):
        if isinstance(self.told, Exception):
            raise self.told
        return self.told

    async def transcribe(self, wave):
        await self.waits.wait()
        return Heard(f"{wave.size} samples", 0.75, {"colour": "red"})


def room(transcriber, sounds_max=2):
    return SoundTranscriber(transcriber, prepared(), sounds_max)


async def test_a_sound_is_heard_at_the_models_rate():
    """The sound is decoded as the model's facts say, and the model that listened is named."""
    heard, model = await room(FakeTranscriber()).transcribe(sound(b"\3"))

    assert Heard("24000 samples", 0.75, {"colour": "red"}) == heard
    assert FACTS.model == model


async def test_a_pack_without_a_transcriber():
    """The caller is told that the pack lacks one, before any media is fetched."""
    with pytest.raises(FailedPrecondition) as refused:
        await room(FakeTranscriber(None)).transcribe(Media(Modality.AUDIO, uri="https://example.org/a.wav"))

    assert Reason.MODEL_NOT_SERVED == refused.value.reason
    assert {"model": "transcriber"} == refused.value.metadata


@pytest.mark.parametrize(("media", "reason", "field"), UNREADABLE)
async def test_a_sound_that_cannot_be_heard(media, reason, field):
    """What is wrong with a sound is said with the field to blame."""
    with pytest.raises(InvalidArgument) as refused:
        await room(FakeTranscriber()).transcribe(media)

    assert (reason, field) == (refused.value.reason, refused.value.field)


async def test_triton_away():
    """A model server that does not answer is not a pack without the model."""
    with pytest.raises(Unavailable):
        await room(FakeTranscriber(Unavailable.because_of("triton"))).transcribe(sound(b"\1"))


async def test_only_so_many_at_once():
    """More sounds than may be worked on are refused; when one is done, the next is let in."""
    transcriber = FakeTranscriber()
    transcriber.waits.clear()
    busy = room(transcriber, sounds_max=1)
    first = asyncio.create_task(busy.transcribe(sound(b"\1")))
    await asyncio.sleep(0)
    with pytest.raises(ResourceExhausted):
        await busy.transcribe(sound(b"\1"))
    transcriber.waits.set()

    assert "8000 samples" == (await first)[0].text
    assert "16000 samples" == (await busy.transcribe(sound(b"\2")))[0].text
