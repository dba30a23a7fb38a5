"""Speech told from other sounds."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from services.encoder.adapters.silero import SileroDetector
from training.demo.voices import VOICES_BY_NAME, speak

RATE_HZ = 16_000
SECONDS = np.arange(2 * RATE_HZ) / RATE_HZ
RNG = np.random.default_rng(1)
# Where the gateway begins to take a sound for speech, and where it stops to take it for another sound.
SPEECH, SOUND = 0.8, 0.3


@pytest.fixture(scope="module")
def detector():
    with ThreadPoolExecutor(2) as threads:
        yield SileroDetector(threads)


def bell():
    waves = [np.sin(2 * np.pi * hz * SECONDS) * np.exp(-4 * SECONDS) for hz in (523, 1045, 1570, 2210)]
    return 0.2 * sum(waves)


def saw():
    """A bowed string with vibrato."""
    return 0.3 * (2 * (np.cumsum(330 * (1 + 0.01 * np.sin(35 * SECONDS))) / RATE_HZ % 1) - 1)


@pytest.mark.parametrize("voice", ["en-us", "en-us-f2", "en-gb-x-rp", "cmn"])
async def test_a_voice(detector, voice):
    """Spoken words are speech, in any language."""
    text = "红色的椅子" if voice == "cmn" else "a red chair"

    assert await detector.probability(speak(text, VOICES_BY_NAME[voice])) > SPEECH


@pytest.mark.parametrize(
    "wave",
    [
        0.3 * np.sin(2 * np.pi * 440 * SECONDS),
        0.1 * RNG.standard_normal(SECONDS.size),
        bell(),
        saw(),
        np.where(np.arange(SECONDS.size) % 8000 < 60, 0.5, 0.0),
    ],
    ids=["tone", "noise", "bell", "string", "clicks"],
)
async def test_no_voice(detector, wave):
    """Tones, noise, bells, strings and clicks are not speech."""
    assert await detector.probability(wave.astype(np.float32)) < SOUND


async def test_nothing_is_remembered(detector):
    """What was heard before a sound says nothing about it, whoever listens at the same time."""
    noise = (0.1 * RNG.standard_normal(RATE_HZ)).astype(np.float32)
    voice = speak("a blue wooden table", VOICES_BY_NAME["en-us"])
    alone = [await detector.probability(noise), await detector.probability(voice)]

    together = await asyncio.gather(*(detector.probability(each) for each in [noise, voice] * 4))

    assert alone * 4 == together


@pytest.mark.parametrize("samples", [1, 511, 512, 513, 1600])
async def test_any_length(detector, samples):
    """A sound shorter than what is looked at is filled up with silence."""
    found = await detector.probability(np.full(samples, 0.1, np.float32))

    assert 0 <= found <= 1
