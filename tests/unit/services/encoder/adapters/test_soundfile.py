"""Sounds of every kind, good and bad, through libsndfile. Each is built here, and told by its pitch."""

import contextlib
import io
import resource
import struct
import time

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from services.encoder.adapters.soundfile import SoundfileDecoder
from triptych.vocabulary.errors import InvalidArgument, Reason

SILENCE_DBFS = -60.0
RATE_HZ = 16_000
PITCH_HZ = 440


@pytest.fixture
def decode(audio_facts):
    decoder = SoundfileDecoder(SILENCE_DBFS)
    return lambda data: decoder.decode(data, audio_facts)


def tone(seconds=1.0, rate_hz=RATE_HZ, amplitude=0.5):
    return amplitude * np.sin(2 * np.pi * PITCH_HZ * np.arange(int(seconds * rate_hz)) / rate_hz)


def saved(samples, rate_hz=RATE_HZ, kind="WAV", subtype=None):
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format=kind, subtype=subtype)
    return buffer.getvalue()


def pitch_hz(wave):
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(wave.size)))
    return spectrum.argmax() * RATE_HZ / wave.size


def refused(decode, data):
    with pytest.raises(InvalidArgument) as error:
        decode(data)
    assert not error.value.field
    return error.value.reason


def wav(data, rate_hz=RATE_HZ, channels=1, claimed_bytes=None, kind=1, bits=16):
    """A WAV file by hand, whose header may claim anything."""
    width = channels * bits // 8
    claimed = len(data) if claimed_bytes is None else claimed_bytes
    head = struct.pack("<HHIIHH", kind, channels, rate_hz, rate_hz * width & 0xFFFFFFFF, width & 0xFFFF, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", claimed) + data
    return b"RIFF" + struct.pack("<I", min(36 + claimed, 0xFFFFFFFF)) + body


def int16(samples):
    return (samples * 32767).astype("<i2").tobytes()


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        ("WAV", "PCM_16"),
        ("WAV", "PCM_24"),
        ("WAV", "PCM_U8"),
        ("WAV", "FLOAT"),
        ("WAV", "ULAW"),
        ("WAVEX", "PCM_16"),
        ("FLAC", "PCM_16"),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
        ("MP3", "MPEG_LAYER_III"),
    ],
)
def test_formats(decode, kind, subtype):
    """Each format arrives as a mono float32 waveform of the same pitch, loudness and length."""
    wave = decode(saved(tone(), kind=kind, subtype=subtype))

    assert np.float32 == wave.dtype
    assert pytest.approx(RATE_HZ, abs=0.15 * RATE_HZ) == wave.size
    assert pytest.approx(PITCH_HZ, abs=3) == pitch_hz(wave)
    assert pytest.approx(0.5 / np.sqrt(2), rel=0.15) == np.sqrt(np.mean(wave**2))


@pytest.mark.parametrize("kind", ["AIFF", "AU", "W64"])
def test_other_formats_are_refused(decode, kind):
    """What libsndfile could read besides is not accepted: every parser is a way in."""
    assert Reason.AUDIO_UNREADABLE == refused(decode, saved(tone(), kind=kind))


@pytest.mark.parametrize("rate_hz", [4_000, 8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_rates(decode, rate_hz):
    """Any rate becomes the model's, with the pitch unchanged."""
    wave = decode(saved(tone(rate_hz=rate_hz), rate_hz))

    assert pytest.approx(RATE_HZ, abs=2) == wave.size
    assert pytest.approx(PITCH_HZ, abs=2) == pitch_hz(wave)


@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_channels_are_averaged(decode, channels):
    """A tone in one of n channels is n times as quiet."""
    samples = np.zeros((RATE_HZ, channels))
    samples[:, -1] = tone()

    assert pytest.approx(0.5 / channels, rel=0.01) == np.abs(decode(saved(samples))).max()


@pytest.mark.parametrize("seconds", [0.1, 30.0])
def test_the_bounds_themselves_pass(decode, seconds):
    """The shortest and the longest sound that are allowed are encoded, whole."""
    assert int(seconds * RATE_HZ) == decode(saved(tone(seconds))).size


@pytest.mark.parametrize("kind", ["OGG", "MP3"])
def test_a_codec_s_padding_is_cut(decode, kind):
    """A coded sound of exactly the longest duration passes, and comes no longer than the model takes."""
    assert 30 * RATE_HZ >= decode(saved(tone(30.0), kind=kind)).size >= 29.9 * RATE_HZ


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_too_long(decode, kind):
    """31 seconds are too long in every format."""
    assert Reason.AUDIO_TOO_LONG == refused(decode, saved(tone(31, 8_000), 8_000, kind))


def test_ten_minutes_are_refused_quickly(decode):
    """The header alone refuses them: nothing is decoded."""
    data = saved(tone(600, 8_000), 8_000, "FLAC")
    started = time.perf_counter()

    assert Reason.AUDIO_TOO_LONG == refused(decode, data)
    assert time.perf_counter() - started < 0.5


def test_too_short(decode):
    """Less than a tenth of a second is no sound to search with."""
    assert Reason.AUDIO_TOO_SHORT == refused(decode, saved(tone(0.09)))


@pytest.mark.parametrize("amplitude", [0.0, 1e-4])
def test_silence(decode, amplitude):
    """Nothing, and next to nothing, is silence."""
    assert Reason.AUDIO_SILENT == refused(decode, saved(tone(amplitude=amplitude), subtype="FLOAT"))


def test_a_whisper_is_no_silence(decode):
    """Twice as loud as the limit passes."""
    assert decode(saved(tone(amplitude=3e-3), subtype="FLOAT")).size


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers(decode, bad):
    """One sample that is not finite would make the whole vector so."""
    samples = tone()
    samples[100] = bad

    assert Reason.AUDIO_UNREADABLE == refused(decode, saved(samples, subtype="FLOAT"))


@pytest.mark.parametrize("factor", [10, 1e30])
def test_samples_beyond_full_scale_are_scaled(decode, factor):
    """A float file louder than full scale is the same sound, not an overflow."""
    wave = decode(saved(tone() * factor, subtype="FLOAT"))

    assert pytest.approx(1, abs=0.05) == np.abs(wave).max()
    assert pytest.approx(PITCH_HZ, abs=2) == pitch_hz(wave)


@pytest.mark.parametrize("claimed_bytes", [0x7FFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFF0, 60_000])
def test_a_header_that_claims_too_much(decode, claimed_bytes):
    """What is there is decoded; what is only claimed costs neither time nor memory."""
    data = wav(int16(tone()), claimed_bytes=claimed_bytes)
    before_kib, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()

    assert RATE_HZ == decode(data).size
    assert time.perf_counter() - started < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 50_000


@pytest.mark.parametrize("claimed_bytes", [0x7FFF_FFFF, 0xFFFF_FFFF])
def test_a_header_over_nothing(decode, claimed_bytes):
    """Where nothing follows a header, nothing is readable."""
    assert Reason.AUDIO_UNREADABLE == refused(decode, wav(b"", claimed_bytes=claimed_bytes))


@pytest.mark.parametrize(
    ("rate_hz", "channels"), [(0, 1), (1, 1), (2**31 - 1, 1), (RATE_HZ, 0), (RATE_HZ, 1000)]
)
def test_headers_that_no_recording_has(decode, rate_hz, channels):
    """Rates and channel counts beyond reason are refused before anything is computed."""
    assert Reason.AUDIO_UNREADABLE == refused(decode, wav(int16(tone()), rate_hz, channels))


def test_a_header_without_a_length(decode):
    """As a FLAC file has that was written into a pipe: it is as long as it is."""
    data = bytearray(saved(tone(2.0), kind="FLAC"))
    # The number of samples takes the last 36 bits of the 8 bytes that begin with the rate; the checksum stands behind it.
    data[21] &= 0xF0
    data[22:42] = bytes(20)

    assert 2 * RATE_HZ == decode(bytes(data)).size


def test_a_header_without_a_length_hides_no_length(decode):
    """It is read up to the limit, and refused there."""
    data = bytearray(saved(tone(31.0), kind="FLAC"))
    data[21] &= 0xF0
    data[22:42] = bytes(20)

    assert Reason.AUDIO_TOO_LONG == refused(decode, bytes(data))


@pytest.mark.parametrize("kind", ["FLAC", "OGG"])
def test_cut_to_its_header(decode, kind):
    """A file of which only the first bytes arrived is not readable."""
    assert Reason.AUDIO_UNREADABLE == refused(decode, saved(tone(), kind=kind)[:60])


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"This is a text file named sound.wav.\n" * 20,
        b"RIFF\xff\xff\xff\xffWAVE",
        b"fLaC",
        b"OggS",
        b"ID3",
    ],
)
def test_no_sound(decode, data):
    """What is no sound is said to be none."""
    assert Reason.AUDIO_UNREADABLE == refused(decode, data)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["WAV", "FLAC", "OGG", "MP3"]),
    at=st.floats(0, 1),
    junk=st.binary(min_size=1, max_size=40),
)
def test_damaged_files_are_read_or_refused(audio_facts, kind, at, junk):
    """Junk anywhere in a real file raises nothing but InvalidArgument, and no vector gets a NaN."""
    data = bytearray(saved(tone(0.3), kind=kind))
    start = int(at * (len(data) - 1))
    data[start : start + len(junk)] = junk

    with contextlib.suppress(InvalidArgument):
        wave = SoundfileDecoder(SILENCE_DBFS).decode(bytes(data), audio_facts)
        assert np.isfinite(wave).all()
        assert wave.size <= audio_facts.seconds_max * RATE_HZ
