"""Varied sounds: the ratios, speeds and rooms asked for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.data.augment.sounds import (
    UNCHANGED,
    SoundOptions,
    SpectrumOptions,
    at_speed,
    looped,
    reverberant,
    room_impulse,
    spec_augment,
    varied,
    white_noise,
    with_noise,
)

RATE_HZ = 16_000
EVERYTHING = SoundOptions(speed=1, reverberation=1, noise=1)


def tone(pitch_hz=440, seconds=1.0, amplitude=0.5):
    times_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * pitch_hz * times_s)).astype(np.float32)


def power(wave):
    return np.mean(np.square(wave, dtype=np.float64))


@settings(max_examples=40, deadline=None)
@given(
    snr_db=st.floats(-20, 60),
    sound=st.floats(0.01, 1.0),
    noise=st.floats(0.001, 1.0),
    seed=st.integers(0, 99),
)
def test_the_ratio_of_sound_to_noise_is_the_one_asked_for(snr_db, sound, noise, seed):
    """Measured on the sum, from which the sound, known but for one factor, is taken away."""
    clean = tone(amplitude=sound)
    hiss = noise * white_noise(np.random.default_rng(seed), clean.size)

    heard = with_noise(clean, hiss, snr_db).astype(np.float64)

    # heard = a·clean + b·hiss, by least squares
    (a, b), *_ = np.linalg.lstsq(np.stack([clean, hiss], 1).astype(np.float64), heard, rcond=None)
    assert pytest.approx(snr_db, abs=0.05) == 10 * np.log10(power(a * clean) / power(b * hiss))
    assert np.abs(heard).max() <= 1 + 1e-6
    np.testing.assert_allclose(heard, a * clean + b * hiss, atol=1e-5)


def test_silence_has_no_ratio():
    """Noise over nothing, and nothing over a sound, leave it as it is."""
    silence, sound = np.zeros(100, np.float32), tone()[:100]

    np.testing.assert_array_equal(silence, with_noise(silence, sound, 10))
    np.testing.assert_array_equal(sound, with_noise(sound, silence, 10))


@pytest.mark.parametrize("factor", [0.8, 0.9, 1.0, 1.1, 1.5])
def test_speed_changes_length_and_pitch(factor):
    """As a record that turns faster."""
    fast = at_speed(tone(), factor, RATE_HZ)

    pitch_hz = np.abs(np.fft.rfft(fast * np.hanning(fast.size))).argmax() * RATE_HZ / fast.size
    assert pytest.approx(RATE_HZ / factor, abs=2) == fast.size
    assert pytest.approx(440 * factor, abs=3) == pitch_hz
    assert np.float32 == fast.dtype


def test_a_room_without_walls_changes_nothing():
    """An impulse response that is an impulse."""
    np.testing.assert_allclose(tone(), reverberant(tone(), np.ones(1, np.float32)), atol=1e-6)


def test_reverberation_is_convolution():
    """Against numpy's, for an impulse response that is given; as loud as before."""
    impulse = np.random.default_rng(0).normal(0, 1, 50).astype(np.float32)
    convolved = np.convolve(tone(), impulse)[: tone().size]

    heard = reverberant(tone(amplitude=0.1), impulse)

    np.testing.assert_allclose(
        convolved / np.sqrt(power(convolved)), heard / np.sqrt(power(heard)), atol=1e-4
    )
    assert pytest.approx(power(tone(amplitude=0.1)), rel=1e-3) == power(heard)


@pytest.mark.parametrize("rt60_s", [0.2, 0.5, 1.0])
def test_a_room_decays_by_60_db_in_its_time(rt60_s):
    """Fitted to the energy that is still to come (Schroeder's integration)."""
    impulse = room_impulse(np.random.default_rng(1), RATE_HZ, rt60_s)[1:]
    level_db = 10 * np.log10(
        np.cumsum(np.square(impulse[::-1], dtype=np.float64))[::-1] / power(impulse) / impulse.size
    )
    early = slice(int(0.05 * level_db.size), int(0.5 * level_db.size))
    times_s = np.arange(level_db.size) / RATE_HZ

    slope_db_s = np.polyfit(times_s[early], level_db[early], 1)[0]

    assert pytest.approx(-60 / rt60_s, rel=0.1) == slope_db_s


def test_noise_is_looped_from_a_drawn_place():
    """A short recording fills a long sound, sample after sample."""
    noise = np.arange(10, dtype=np.float32)

    filled = looped(noise, 35, np.random.default_rng(2))

    assert 35 == filled.size
    assert {1.0, -9.0} == set(np.diff(filled))


@settings(max_examples=30, deadline=None)
@given(samples=st.integers(1, 4000), seed=st.integers(0, 99))
def test_what_comes_out_is_a_sound(samples, seed):
    """Finite float32 in [-1, 1], of the length that the speed gives."""
    wave = tone()[:samples]

    out = varied(wave, np.random.default_rng(seed), RATE_HZ, EVERYTHING)

    assert np.float32 == out.dtype
    assert np.isfinite(out).all()
    assert np.abs(out).max(initial=0) <= 1 + 1e-6
    assert samples / 1.1 - 2 <= out.size <= samples / 0.9 + 2


def test_probability_nothing_changes_nothing():
    """Every sample stays."""
    np.testing.assert_array_equal(tone(), varied(tone(), np.random.default_rng(0), RATE_HZ, UNCHANGED))


def test_the_same_seed_gives_the_same_samples():
    """Training can be repeated; another seed gives another sound."""
    first, again, other = (
        varied(tone(), np.random.default_rng(seed), RATE_HZ, SoundOptions(speed=0, reverberation=1, noise=1))
        for seed in (3, 3, 4)
    )

    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_given_noises_and_rooms_are_used():
    """With a recording of a tone as noise, the tone is heard."""
    options = SoundOptions(speed=0, reverberation=1, noise=1, snr_db=(0, 0))

    heard = varied(
        tone(440),
        np.random.default_rng(0),
        RATE_HZ,
        options,
        noises=[tone(2000, 0.5)],
        impulses=[np.ones(1, np.float32)],
    )

    spectrum = np.abs(np.fft.rfft(heard))
    assert pytest.approx(spectrum[440], rel=0.2) == spectrum[2000]


@settings(max_examples=50, deadline=None)
@given(bands=st.integers(0, 50), frames=st.integers(0, 50), seed=st.integers(0, 99))
def test_spec_augment_hides_at_most_what_it_may(bands, frames, seed):
    """Shape and type stay, the input is not touched, and no more is hidden than the shares allow."""
    spectrum = np.random.default_rng(seed).normal(0, 1, (bands, frames)).astype(np.float32)
    before = spectrum.copy()
    options = SpectrumOptions(bands=1, band_share_max=0.3, stretches=1, stretch_share_max=0.2)

    hidden = spec_augment(spectrum, np.random.default_rng(seed), options)

    changed = hidden != spectrum
    assert (spectrum.shape, spectrum.dtype) == (hidden.shape, hidden.dtype)
    np.testing.assert_array_equal(before, spectrum)
    assert changed.sum() <= 0.3 * bands * frames + 0.2 * frames * bands
    assert changed.all(axis=1).sum() <= 0.3 * bands if frames else True


def test_spec_augment_hides_behind_the_mean():
    """What is hidden says nothing: it is the mean of the spectrum."""
    spectrum = np.random.default_rng(0).normal(3, 1, (80, 100)).astype(np.float32)

    hidden = spec_augment(spectrum, np.random.default_rng(7))

    changed = hidden != spectrum
    assert changed.any()
    np.testing.assert_allclose(spectrum.mean(), hidden[changed], rtol=1e-5)
    np.testing.assert_array_equal(
        spectrum, spec_augment(spectrum, np.random.default_rng(7), SpectrumOptions(0, 0, 0, 0))
    )
