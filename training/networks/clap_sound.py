"""CLAP's front end in torch, equal to transformers' ClapFeatureExtractor: repeat, pad, log-mel spectrogram."""

from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import ClapFeatureExtractor
from transformers.audio_utils import mel_filter_bank

from training.errors import TrainingError

_POWER_MIN = 1e-10
# A model with fusion looks at the whole sound and at three cuts of it; those of a short sound are all the same.
_VIEWS = 4


@dataclass(frozen=True)
class ClapSound:
    """The numbers of a feature extractor; frequencies in Hz, sizes in samples."""

    sample_rate_hz: int
    seconds_max: float
    window: int
    hop: int
    mels: int
    frequency_min: float
    frequency_max: float
    padding: str
    fusion: bool

    @property
    def samples(self) -> int:
        """How many samples the model hears."""
        return int(self.seconds_max * self.sample_rate_hz)

    def options(self) -> dict[str, Any]:
        """Return the fields as JSON."""
        return asdict(self)

    def log_mel(self, waveform: Tensor, valid: Tensor) -> Tensor:
        """Return decibels float32 [B, 1 or 4, T, mels] of waveforms [B, S], of which *valid* [B] samples count."""
        filled = torch.stack(
            [self._filled(row[:count]) for row, count in zip(waveform, valid.tolist(), strict=True)]
        )
        half = self.window // 2
        padded = torch.nn.functional.pad(filled[:, None].double(), (half, half), mode="reflect")[:, 0]
        table = torch.hann_window(self.window, periodic=True, dtype=torch.float64, device=waveform.device)
        power = torch.fft.rfft(padded.unfold(-1, self.window, self.hop) * table).abs().square()
        level = 10 * torch.log10((power @ _filters(self, waveform.device)).clamp_min(_POWER_MIN))
        return level.float()[:, None].repeat(1, _VIEWS if self.fusion else 1, 1, 1)

    def _filled(self, sound: Tensor) -> Tensor:
        """Return exactly as many samples as the model hears: repeated as a whole, or not, then zeros."""
        sound = sound[: self.samples]
        if self.padding != "pad":
            times = self.samples // len(sound)
            sound = sound.repeat(times + 1 if self.padding == "repeat" else times)[: self.samples]
        return torch.nn.functional.pad(sound, (0, self.samples - len(sound)))


def read_clap_sound(folder: Path) -> ClapSound:
    """Return how sounds are prepared for the model in *folder*.

    Raises:
        TrainingError: the folder does not say.
    """
    try:
        extractor = ClapFeatureExtractor.from_pretrained(folder, local_files_only=True)
    except Exception as error:
        raise TrainingError(
            f"{folder} does not say how sounds are prepared: {str(error).splitlines()[0]}"
        ) from error
    return ClapSound(
        sample_rate_hz=extractor.sampling_rate,
        seconds_max=extractor.max_length_s,
        window=extractor.fft_window_size,
        hop=extractor.hop_length,
        mels=extractor.feature_size,
        frequency_min=extractor.frequency_min,
        frequency_max=extractor.frequency_max,
        padding=extractor.padding,
        fusion=extractor.truncation == "fusion",
    )


@lru_cache
def _filters(sound: ClapSound, device: torch.device) -> Tensor:
    """Triangles [window / 2 + 1, mels]: torchaudio's with fusion, librosa's without."""
    filters = mel_filter_bank(
        num_frequency_bins=sound.window // 2 + 1,
        num_mel_filters=sound.mels,
        min_frequency=sound.frequency_min,
        max_frequency=sound.frequency_max,
        sampling_rate=sound.sample_rate_hz,
        norm=None if sound.fusion else "slaney",
        mel_scale="htk" if sound.fusion else "slaney",
    )
    return torch.from_numpy(filters).to(device)
