"""Mel-frequency cepstral coefficients (Davis & Mermelstein 1980), equal to `librosa.feature.mfcc`.

A function without state: the tables are made once per device in float32, so that casting a network to half
precision leaves its front end exact.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

SAMPLE_RATE_HZ = 16_000
WINDOW_SAMPLES = 512
HOP_SAMPLES = 160
MELS = 64
COEFFICIENTS = 40
_POWER_MIN = 1e-10
_RANGE_DB = 80.0


def mfcc(waveform: Tensor) -> Tensor:
    """Return coefficients [B, 40, 1 + S // 160] in float32 of waveforms [B, S] at 16 kHz."""
    window = _window(waveform.device)
    padding = WINDOW_SAMPLES // 2
    padded = torch.nn.functional.pad(waveform.float(), (padding, padding))
    frames = padded.unfold(-1, WINDOW_SAMPLES, HOP_SAMPLES) * window
    power = torch.fft.rfft(frames).abs().square()
    level_db = 10 * torch.log10((power @ _mel_filters(waveform.device)).clamp_min(_POWER_MIN))
    floor_db = level_db.amax(dim=(-2, -1), keepdim=True) - _RANGE_DB
    return (torch.maximum(level_db, floor_db) @ _cosines(waveform.device)).transpose(1, 2)


@lru_cache
def _window(device: torch.device) -> Tensor:
    return torch.hann_window(WINDOW_SAMPLES, periodic=True, device=device)


@lru_cache
def _mel_filters(device: torch.device) -> Tensor:
    """Triangles [F, M] on Slaney's mel scale, each of area 1."""
    edges_hz = _mel_to_hz(torch.linspace(0, _hz_to_mel(SAMPLE_RATE_HZ / 2), MELS + 2, dtype=torch.float64))
    bins_hz = torch.linspace(0, SAMPLE_RATE_HZ / 2, WINDOW_SAMPLES // 2 + 1, dtype=torch.float64)
    left, centre, right = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rising = (bins_hz[:, None] - left) / (centre - left)
    falling = (right - bins_hz[:, None]) / (right - centre)
    triangles = torch.minimum(rising, falling).clamp_min(0) * 2 / (right - left)
    return triangles.float().to(device)


@lru_cache
def _cosines(device: torch.device) -> Tensor:
    """The orthonormal DCT-II as a matrix [M, C]."""
    mel = torch.arange(MELS, dtype=torch.float64)[:, None] + 0.5
    order = torch.arange(COEFFICIENTS, dtype=torch.float64)
    table = torch.cos(math.pi * mel * order / MELS) * math.sqrt(2 / MELS)
    table[:, 0] /= math.sqrt(2)
    return table.float().to(device)


# Slaney's scale: linear below 1 kHz (200/3 Hz a mel), logarithmic above.
_BREAK_HZ, _BREAK_MEL, _LOG_STEP = 1000.0, 15.0, math.log(6.4) / 27


def _hz_to_mel(hz: float) -> float:
    return _BREAK_MEL + math.log(hz / _BREAK_HZ) / _LOG_STEP if hz >= _BREAK_HZ else 3 * hz / 200


def _mel_to_hz(mel: Tensor) -> Tensor:
    return torch.where(mel < _BREAK_MEL, mel * 200 / 3, _BREAK_HZ * torch.exp(_LOG_STEP * (mel - _BREAK_MEL)))
