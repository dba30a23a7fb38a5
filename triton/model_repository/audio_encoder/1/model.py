"""Triton: waveforms to unit vectors; the cepstral coefficients are computed inside."""

from pathlib import Path

import numpy as np
from torch import Tensor, nn

from training.networks.audio import compact_audio_encoder
from training.serving.model import Arrays, PackModel


class TritonPythonModel(PackModel):
    """WAVEFORM [n, S] float32 at 16 kHz, SAMPLES [n, 1] valid ones, the rest zero -> VECTOR [n, 256]."""

    inputs = ("WAVEFORM", "SAMPLES")

    def build(self, _folder: Path) -> nn.Module:
        """Make the encoder."""
        return compact_audio_encoder()

    def check(self, arrays: Arrays) -> None:
        """Refuse sound that is not finite and lengths outside the waveform."""
        waveform, samples = arrays
        if not np.isfinite(waveform).all():
            raise ValueError("WAVEFORM has values that are not finite")
        if samples.min() < 1 or samples.max() > waveform.shape[1]:
            raise ValueError(f"SAMPLES must be 1..{waveform.shape[1]}, the length of WAVEFORM")

    def vectors(self, arrays: Arrays) -> Tensor:
        """Encode all waveforms of the batch at once; Triton batches equal lengths only."""
        waveform, samples = arrays
        encoded: Tensor = self.network(self.tensor(waveform), self.tensor(samples[:, 0]))
        return encoded
