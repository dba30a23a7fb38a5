import librosa
import numpy as np
import pytest
import torch

from training.networks.mfcc import COEFFICIENTS, HOP_SAMPLES, MELS, SAMPLE_RATE_HZ, WINDOW_SAMPLES, mfcc


def _librosa(wave):
    return librosa.feature.mfcc(
        y=wave,
        sr=SAMPLE_RATE_HZ,
        n_mfcc=COEFFICIENTS,
        n_fft=WINDOW_SAMPLES,
        hop_length=HOP_SAMPLES,
        n_mels=MELS,
    )


def _chirp(samples):
    return np.sin(np.linspace(0, 1, samples, dtype=np.float32) ** 2 * 4000).astype(np.float32)


@pytest.mark.parametrize(
    "wave",
    [
        np.random.default_rng(0).standard_normal(24_000, np.float32) * 0.1,
        _chirp(16_000),
        np.zeros(8_000, np.float32),
        np.concatenate([_chirp(7_777), np.zeros(3_000, np.float32)]),
    ],
    ids=["noise", "chirp", "silence", "chirp then silence"],
)
def test_coefficients_equal_librosa(wave):
    """Every coefficient of every frame is librosa's to 1e-3."""
    expected = _librosa(wave)
    actual = mfcc(torch.from_numpy(wave)[None])[0].numpy()
    assert expected.shape == actual.shape
    np.testing.assert_allclose(actual, expected, atol=1e-3)
