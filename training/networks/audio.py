"""The compact audio encoder: a waveform through MFCC, convolutions and a transformer to one vector."""

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from training.networks.blocks import DIMENSION, AttentivePool, TransformerBlock
from training.networks.encoder import ModalityEncoder
from training.networks.mfcc import COEFFICIENTS, HOP_SAMPLES, SAMPLE_RATE_HZ, mfcc

SECONDS_MAX = 30
# Typical spread of a cepstral coefficient of speech in dB: brings the inputs near unit variance.
_COEFFICIENT_SCALE = 25.0
# Full scale is 1; far beyond it, squares would leave float32.
_SAMPLE_MAX = 1e6


class AudioEncoder(ModalityEncoder):
    """Mean-free MFCC, halving convolutions, transformer blocks, attentive pooling."""

    modality = "audio"
    kind = "mfcc"

    def __init__(
        self,
        dimension: int,
        width: int = 160,
        layers: int = 3,
        heads: int = 4,
        dropout: float = 0.1,
        seconds_max: float = SECONDS_MAX,
    ) -> None:
        super().__init__(dimension)
        self._options = {"width": width, "layers": layers, "heads": heads, "dropout": dropout}
        self.seconds_max = seconds_max
        channels = (COEFFICIENTS, 96, 128, width)
        self.halvings = nn.ModuleList(
            nn.Conv1d(before, after, 5, stride=2, padding=2) for before, after in pairwise(channels)
        )
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, 2 * width, dropout) for _ in range(layers))
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)
        self.pool = AttentivePool(width)
        self.out = nn.Linear(width, dimension)

    def prepare(self, raw: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
        """Return mean-free coefficients float32 [B, 40, T] and which frames are present, bool [B, T]."""
        waveform, samples = (tensor.to(self.device) for tensor in raw)
        return mean_free(mfcc(waveform.clamp(-_SAMPLE_MAX, _SAMPLE_MAX)), samples)

    def features(self, coefficients: Tensor, present: Tensor) -> Tensor:
        """Return pooled features [B, W] of coefficients [B, 40, T] with frames present [B, T]."""
        maps = coefficients.to(self.dtype)
        for convolution in self.halvings:
            present = present[:, ::2]
            maps = torch.nn.functional.gelu(convolution(maps)) * present[:, None].to(maps.dtype)
        tokens = maps.transpose(1, 2)
        tokens = self.dropout(tokens + _sinusoids(tokens))
        for block in self.blocks:
            tokens = block(tokens, present)
        pooled: Tensor = self.pool(self.norm(tokens), present)
        return pooled

    def options(self) -> dict[str, Any]:
        """Return the network's sizes."""
        return {**self._options, "seconds_max": self.seconds_max}

    def facts(self) -> dict[str, str]:
        """Return the rate and the longest sound."""
        return {"sample_rate_hz": str(SAMPLE_RATE_HZ), "seconds_max": f"{self.seconds_max:g}"}


def mean_free(coefficients: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
    """Return coefficients [B, 40, T] without their mean, zero where padded, and present [B, T].

    The mean over time holds loudness and microphone, not words (Atal 1974).
    """
    frames = 1 + torch.div(samples, HOP_SAMPLES, rounding_mode="floor")
    present = torch.arange(coefficients.shape[-1], device=coefficients.device) < frames[:, None]
    mask = present[:, None].float()
    mean = (coefficients * mask).sum(-1, keepdim=True) / mask.sum(-1, keepdim=True)
    return (coefficients - mean) * mask / _COEFFICIENT_SCALE, present


def _sinusoids(tokens: Tensor) -> Tensor:
    """Positions [T, W] of any length (Vaswani et al. 2017)."""
    length, width = tokens.shape[1:]
    steps = torch.arange(length, device=tokens.device, dtype=torch.float32)[:, None]
    rates = torch.exp(torch.arange(0, width, 2, device=tokens.device) * (-math.log(10_000) / width))
    return torch.cat([torch.sin(steps * rates), torch.cos(steps * rates)], dim=1).to(tokens.dtype)


def compact_audio_encoder() -> AudioEncoder:
    """The audio encoder of the demonstration pack: 3 layers of width 160, 80 ms a token."""
    return AudioEncoder(DIMENSION, width=160, layers=3, heads=4, dropout=0.1)
