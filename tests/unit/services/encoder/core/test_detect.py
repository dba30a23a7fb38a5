"""Sounds in, the probability of speech out."""

import asyncio

import pytest

from services.encoder.core.detect import SoundDetector
from tests.unit.services.encoder.core.sounds import UNREADABLE, prepared, sound
from triptych.vocabulary.errors import InvalidArgument, ResourceExhausted


class FakeDetector:
    """As sure as the sound is long, in units of 10 s."""

    def __init__(self):
        self.waits = asyncio.Event()
        self.waits.set()

    async def probability(self, wave):
        await self.waits.wait()
        return wave.size / 160_000


def room(detector, sounds_max=2):
    return SoundDetector(detector, prepared(), sounds_max)


async def test_a_sound_is_listened_to_at_16_khz():
    """The sound is decoded to the rate that the detector takes."""
    assert 0.3 == await room(FakeDetector()).detect(sound(b"\3"))


@pytest.mark.parametrize(("media", "reason", "field"), UNREADABLE)
async def test_a_sound_that_cannot_be_read(media, reason, field):
    """What is wrong with a sound is said with the field to blame."""
    with pytest.raises(InvalidArgument) as refused:
        await room(FakeDetector()).detect(media)

    assert (reason, field) == (refused.value.reason, refused.value.field)


async def test_only_so_many_at_once():
    """More sounds than may be worked on are refused; when one is done, the next is let in."""
    detector = FakeDetector()
    detector.waits.clear()
    busy = room(detector, sounds_max=1)
    first = asyncio.create_task(busy.detect(sound(b"\1")))
    await asyncio.sleep(0)
    with pytest.raises(ResourceExhausted):
        await busy.detect(sound(b"\1"))
    detector.waits.set()

    assert 0.1 == await first
    assert 0.2 == await busy.detect(sound(b"\2"))
