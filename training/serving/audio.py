"""Triton: waveforms to unit vectors; spectra are computed inside."""

import numpy as np
from torch import Tensor

from training.serving.encoder import EncoderModel
from training.serving.model import Arrays


class TritonPythonModel(EncoderModel):
    """WAVEFORM [n, S] float32 at the encoder's rate, SAMPLES [n, 1] valid ones, the rest zero -> VECTOR [n, D]."""

    inputs = ("WAVEFORM", "SAMPLES")

    def check(self, arrays: Arrays) -> None:
        """Refuse sound that is not finite and lengths outside the waveform."""
        waveform, samples = arrays
        if not np.isfinite(waveform).all():
            raise ValueError("WAVEFORM has values that are not finite")
        if samples.min() < 1 or samples.max() > waveform.shape[1]:
            raise ValueError(f"SAMPLES must be 1..{waveform.shape[1]}, the length of WAVEFORM")

    def raw(self, arrays: Arrays) -> tuple[Tensor, Tensor]:
        """Return the waveforms and their lengths."""
        waveform, samples = arrays
        return self.tensor(waveform), self.tensor(samples[:, 0])
