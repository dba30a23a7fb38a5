"""Training sees the same pixels and samples as serving."""

import dataclasses
import io

import numpy as np
import pytest
import soundfile
from PIL import Image

from services.encoder.adapters.pillow import PillowDecoder
from services.encoder.adapters.soundfile import SoundfileDecoder
from services.encoder.core.facts import AudioFacts, ImageFacts
from services.encoder.settings import EncoderSettings
from training.data.loading import DEFAULT_LIMITS, load_picture, load_sound
from training.errors import TrainingError
from triptych.vocabulary.media import Resize
from triptych.vocabulary.vectors import ModelVersion, Space

MODEL = ModelVersion("m", "1", "s")


def facts_of(kind, **values):
    """Return facts of an encoder; only the ones given matter here."""
    common = {"model": MODEL, "space": Space("s", 4), "batch_max": 8}
    return kind(**common, **values)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("resize", list(Resize))
@pytest.mark.parametrize("size", [(300, 200), (40, 90), (1500, 1000)])
def test_pictures_are_those_of_the_service(tmp_path, kind, resize, size):
    """Every pixel that training loads is the one that the encoder service hands to the model."""
    path = tmp_path / "picture"
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(noise).save(path, kind, **({} if kind == "GIF" else {"exif": exif}))
    served = PillowDecoder(DEFAULT_LIMITS.pixels_max).decode(
        path.read_bytes(), facts_of(ImageFacts, height_px=64, width_px=48, resize=resize)
    )

    loaded = load_picture(path, 64, 48, resize)

    assert ((64, 48, 3), np.uint8) == (loaded.shape, loaded.dtype)
    np.testing.assert_array_equal(served, loaded)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
def test_sounds_are_those_of_the_service(tmp_path, kind, rate_hz):
    """Every sample that training loads is the one that the encoder service hands to the model."""
    path = tmp_path / "sound"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (rate_hz, 2))
    buffer = io.BytesIO()
    soundfile.write(buffer, noise, rate_hz, format=kind)
    path.write_bytes(buffer.getvalue())
    served = SoundfileDecoder(DEFAULT_LIMITS.silence_dbfs).decode(
        path.read_bytes(), facts_of(AudioFacts, sample_rate_hz=16_000, seconds_max=5.0)
    )

    loaded = load_sound(path, 16_000, 5.0)

    assert np.float32 == loaded.dtype
    np.testing.assert_array_equal(served, loaded)


def test_limits_are_those_of_the_service():
    """What training accepts is what the service will accept from shoppers."""
    served = EncoderSettings()

    assert (served.media_bytes_max, served.image_pixels_max, served.audio_silence_dbfs) == (
        DEFAULT_LIMITS.bytes_max,
        DEFAULT_LIMITS.pixels_max,
        DEFAULT_LIMITS.silence_dbfs,
    )


def test_what_is_wrong_names_the_file(tmp_path, write):
    """A missing, an empty, a broken, a large picture; a sound that is too long."""
    good = tmp_path / "good.png"
    write.picture(good)
    (tmp_path / "empty.png").touch()
    (tmp_path / "broken.png").write_bytes(good.read_bytes()[:-30])
    write.sound(tmp_path / "long.wav", seconds=3)

    for name, said in (
        ("none.png", "No such file"),
        ("empty.png", "is empty"),
        ("broken.png", "not a complete JPEG"),
    ):
        with pytest.raises(TrainingError, match=rf"{name}: .*{said}"):
            load_picture(tmp_path / name, 8, 8)
    small = dataclasses.replace(DEFAULT_LIMITS, bytes_max=100)
    with pytest.raises(TrainingError, match=r"good.png: the file has \d+ bytes; at most 100"):
        load_picture(good, 8, 8, limits=small)
    with pytest.raises(TrainingError, match=r"long.wav: A sound lasts at most 2 seconds"):
        load_sound(tmp_path / "long.wav", 16_000, 2.0)
