"""Synthetic speech."""

import time

import numpy as np
import pytest

from training.demo.voices import SAMPLE_RATE_HZ, VOICES, VOICES_BY_NAME, Voice, perturb, speak

WORDS = {"en": "a red striped cotton mug", "zh": "红色条纹棉质杯子"}


class TestSpeak:
    @pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
    def test_sounds(self, voice):
        """Every voice says the words: one to five seconds of float32 at 16 kHz, not silent, not clipped."""
        wave = speak(WORDS[voice.language], voice)

        assert np.float32 == wave.dtype
        assert 1 < len(wave) / SAMPLE_RATE_HZ < 5
        assert 0.02 < np.sqrt((wave**2).mean()) < 0.5
        assert np.abs(wave).max() < 1

    def test_voices_differ(self):
        """No two voices sound the same."""
        waves = {speak(WORDS[voice.language], voice).tobytes() for voice in VOICES}

        assert len(VOICES) == len(waves)

    def test_deterministic_in_any_order(self):
        """The same words give the same samples, whatever was said before."""
        voice = VOICES_BY_NAME["en-us-m3"]
        first = speak(WORDS["en"], voice)
        speak(WORDS["zh"], VOICES_BY_NAME["cmn"])

        assert np.array_equal(first, speak(WORDS["en"], voice))

    def test_deterministic_at_any_time(self):
        """Breathy voices, whose noise eSpeak NG seeds with the second of the day, say the same again later."""
        voice = VOICES_BY_NAME["en-us-f2"]
        first = speak(WORDS["en"], voice)
        time.sleep(1.05)

        assert np.array_equal(first, speak(WORDS["en"], voice))

    def test_rate_and_pitch(self):
        """More words a minute take less time, and another pitch is another wave of about the same length."""
        slow, fast = (speak(WORDS["en"], VOICES[0], rate_wpm=rate) for rate in (130, 220))
        low, high = (speak(WORDS["en"], VOICES[0], pitch=pitch) for pitch in (30, 70))

        assert len(fast) < 0.8 * len(slow)
        assert low.tobytes() != high.tobytes()
        assert len(low) == pytest.approx(len(high), rel=0.1)

    def test_nothing_to_say(self):
        """Text without a sound is refused."""
        with pytest.raises(ValueError, match="nothing to say"):
            speak("", VOICES[0])

    def test_unknown_voice(self):
        """A voice that eSpeak NG does not have is refused."""
        with pytest.raises(ValueError, match="no voice"):
            speak("hello", Voice("nobody", "en", "xx-nobody"))


class TestPerturb:
    def test_light(self):
        """A perturbed wave differs, stays in range and keeps most of its length; the same seed gives the same."""
        wave = speak(WORDS["en"], VOICES[0])
        once, again = (perturb(wave, np.random.default_rng(3)) for _ in range(2))

        assert np.array_equal(once, again)
        assert once.tobytes() != wave.tobytes()
        assert np.abs(once).max() <= 1
        assert 0.9 * len(wave) < len(once) < 1.1 * len(wave) + 0.6 * SAMPLE_RATE_HZ
