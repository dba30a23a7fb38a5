"""Whatever bytes arrive, a decoder answers with a picture, a sound or InvalidArgument."""

import contextlib
import io

from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from services.encoder.adapters.pillow import PillowDecoder
from services.encoder.adapters.soundfile import SoundfileDecoder
from triptych.vocabulary.errors import InvalidArgument

MAGICS = (
    b"",
    b"\xff\xd8\xff\xe0",
    b"\xff\xd8\xff\xe1\x00\x20Exif\0\0MM\0*",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"GIF89a",
    b"RIFF\x40\0\0\0WEBPVP8X",
    b"RIFF\x40\0\0\0WEBPVP8 ",
    b"RIFF\x40\0\0\0WAVEfmt \x10\0\0\0",
    b"fLaC\0\0\0\x22",
    b"OggS\0\2",
    b"ID3\4\0\0\0\0\0\0",
    b"\xff\xfb\x90\x64",
)

anything = st.builds(bytes.__add__, st.sampled_from(MAGICS), st.binary(max_size=600))


@settings(max_examples=300, deadline=None)
@given(anything)
@example(b"")
def test_pictures(image_facts, data):
    """No bytes make the picture decoder raise anything else, nor warn."""
    with contextlib.suppress(InvalidArgument):
        assert (32, 32, 3) == PillowDecoder(10_000).decode(data, image_facts).shape


@settings(max_examples=300, deadline=None)
@given(anything)
@example(b"")
def test_sounds(audio_facts, data):
    """No bytes make the sound decoder raise anything else, nor warn."""
    with contextlib.suppress(InvalidArgument):
        assert 1 == SoundfileDecoder(-60).decode(data, audio_facts).ndim


@settings(max_examples=100, deadline=None)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]),
    at=st.floats(0, 1),
    junk=st.binary(min_size=1, max_size=20),
)
def test_damaged_pictures(image_facts, kind, at, junk):
    """Junk anywhere in a real picture is survived or refused."""
    buffer = io.BytesIO()
    Image.effect_mandelbrot((40, 30), (-2, -1, 1, 1), 50).save(buffer, kind)
    data = bytearray(buffer.getvalue())
    start = int(at * (len(data) - 1))
    data[start : start + len(junk)] = junk

    with contextlib.suppress(InvalidArgument):
        assert (32, 32, 3) == PillowDecoder(10_000).decode(bytes(data), image_facts).shape
