"""The encoder service with the repository's models in a real Triton, seen through its RPC."""

import asyncio
import io
import struct
import zlib

import numpy as np
import pytest
import soundfile
from PIL import Image

from triptych.internal.v1.encoder_service_pb2 import EncodePart, EncodeRequest
from triptych.runtime.errors import from_status
from triptych.v1.types_pb2 import BoundingBox, Media
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import unpack


def text(words):
    return EncodePart(text=words)


def image(data):
    return EncodePart(image=Media(data=data))


def audio(data):
    return EncodePart(audio=Media(data=data))


def picture(colour="red", kind="JPEG"):
    buffer = io.BytesIO()
    Image.new("RGB", (50, 40), colour).save(buffer, kind)
    return buffer.getvalue()


def sound(seconds=1.0, pitch_hz=440, kind="FLAC", rate_hz=16_000):
    buffer = io.BytesIO()
    wave = 0.5 * np.sin(2 * np.pi * pitch_hz * np.arange(int(seconds * rate_hz)) / rate_hz)
    soundfile.write(buffer, wave, rate_hz, format=kind)
    return buffer.getvalue()


def bomb():
    """A PNG whose header says 50,000 × 50,000."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(2_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def outcomes(encoder, *parts):
    response = await encoder.Encode(EncodeRequest(parts=parts), timeout=30)
    return response, [
        unpack(part.vector.data, part.vector.dimension, part.vector.space)
        if part.HasField("vector")
        else from_status(part.error)
        for part in response.parts
    ]


async def test_a_region(encoder):
    """A region is encoded as a picture of its own; covering what matters moves the vector; a speck is refused."""
    half = Image.new("RGB", (64, 64), "white")
    half.paste("red", (32, 0, 64, 64))
    files = [io.BytesIO(), io.BytesIO()]
    half.save(files[0], "PNG")
    half.crop((32, 0, 64, 64)).save(files[1], "PNG")
    right, speck = BoundingBox(left=0.5, right=1, bottom=1), BoundingBox(right=0.01, bottom=0.01)
    parts = [image(files[0].getvalue()) for _ in range(4)]
    parts[1].region.CopyFrom(right)
    parts[2].covered.CopyFrom(right)
    parts[3].region.CopyFrom(speck)

    _, made = await outcomes(encoder, *parts, image(files[1].getvalue()))

    whole, region, covered, refused, alone = made
    np.testing.assert_allclose(alone.values, region.values, atol=1e-5)
    assert float(whole.values @ covered.values) < 0.99
    assert (Reason.REGION_INVALID, "region") == (refused.reason, refused.field)


async def test_all_modalities_in_one_call(encoder):
    """Text, picture and sound come back in order, each in its space, with the models that made them."""
    response, vectors = await outcomes(
        encoder, audio(sound()), text("red shoes"), image(picture()), text("红色的鞋")
    )

    spaces = {space.id: space for space in response.spaces}
    assert ["audio", "text", "image", "text"] == [vector.space.rpartition("/")[2] for vector in vectors]
    assert {vector.space for vector in vectors} == set(spaces)
    assert ["audio_encoder", "image_encoder", "text_encoder"] == sorted(
        model.name for model in response.models
    )
    for vector in vectors:
        assert spaces[vector.space].dimension == vector.values.size
        assert spaces[vector.space].unit_length
        assert pytest.approx(1, abs=1e-3) == np.linalg.norm(vector.values)


async def test_the_same_text_written_differently(encoder):
    """Form and spaces make no difference, words do."""
    _, (plain, wide, other) = await outcomes(
        encoder, text("red shoes"), text("ｒｅｄ \n shoes\u200b"), text("blue lamp")
    )

    assert np.allclose(plain.values, wide.values, atol=1e-5)
    assert not np.allclose(plain.values, other.values, atol=1e-2)


async def test_the_same_picture_in_other_formats(encoder):
    """PNG and WebP without loss give one vector; another colour gives another."""
    _, (png, gif, other) = await outcomes(
        encoder, image(picture(kind="PNG")), image(picture(kind="GIF")), image(picture("blue", "PNG"))
    )

    assert np.allclose(png.values, gif.values, atol=1e-4)
    assert not np.allclose(png.values, other.values, atol=1e-2)


async def test_a_sound_s_vector_does_not_depend_on_its_batch(encoder):
    """Sounds of many lengths, sent at once, have the vectors that they have alone."""
    sounds = [
        audio(sound(seconds, pitch)) for seconds, pitch in ((0.4, 300), (1.7, 500), (0.5, 700), (2.0, 900))
    ]

    _, together = await outcomes(encoder, *sounds)
    for part, vector in zip(sounds, together, strict=True):
        _, (alone,) = await outcomes(encoder, part)
        assert np.allclose(alone.values, vector.values, atol=1e-4)


async def test_more_parts_than_a_batch(encoder):
    """Two hundred texts are encoded, each at its place."""
    words = [f"product number {at}" for at in range(200)]

    _, vectors = await outcomes(encoder, *map(text, words))
    _, (last,) = await outcomes(encoder, text(words[-1]))

    assert 200 == len(vectors)
    assert np.allclose(last.values, vectors[-1].values, atol=1e-4)


async def test_texts_at_both_ends_of_what_is_allowed(encoder):
    """One letter and ten thousand characters are both encoded: how much a model reads is its tokeniser's business."""
    _, vectors = await outcomes(encoder, text("a"), text("红" * 10_000), text("word " * 2_000))

    assert [256] * 3 == [vector.values.size for vector in vectors]


async def test_bad_parts_do_not_spoil_good_ones(encoder):
    """Every broken part is answered with its reason and field, the good ones with vectors."""
    wav = bytearray(sound(kind="WAV"))
    wav[40:44] = b"\xff\xff\xff\x7f"
    noise = io.BytesIO()
    Image.effect_noise((300, 300), 80).save(noise, "JPEG")
    bad = {
        EncodePart().SerializeToString(): (Reason.FIELD_INVALID, "content"),
        EncodePart(image=Media()).SerializeToString(): (Reason.FIELD_INVALID, "image.source"),
        text("  ").SerializeToString(): (Reason.EMPTY_TEXT, "text"),
        text("x" * 10_001).SerializeToString(): (Reason.TEXT_TOO_LONG, "text"),
        image(b"").SerializeToString(): (Reason.MEDIA_EMPTY, "image.data"),
        image(b"\xff\xd8" + bytes(9 << 20)).SerializeToString(): (Reason.MEDIA_TOO_LARGE, "image.data"),
        image(bomb()).SerializeToString(): (Reason.IMAGE_TOO_MANY_PIXELS, "image.data"),
        image(noise.getvalue()[:9000]).SerializeToString(): (Reason.IMAGE_UNREADABLE, "image.data"),
        image(b"a text file\n" * 50).SerializeToString(): (Reason.IMAGE_UNREADABLE, "image.data"),
        audio(sound(600, kind="FLAC", rate_hz=8_000)).SerializeToString(): (
            Reason.AUDIO_TOO_LONG,
            "audio.data",
        ),
        audio(sound(0.05)).SerializeToString(): (Reason.AUDIO_TOO_SHORT, "audio.data"),
        audio(b"RIFF\xff\xff\xff\xffWAVE").SerializeToString(): (Reason.AUDIO_UNREADABLE, "audio.data"),
        EncodePart(image=Media(uri="file:///etc/passwd")).SerializeToString(): (
            Reason.URI_NOT_ALLOWED,
            "image.uri",
        ),
        EncodePart(audio=Media(uri="http://127.0.0.1/x")).SerializeToString(): (
            Reason.URI_NOT_ALLOWED,
            "audio.uri",
        ),
    }
    parts = [EncodePart.FromString(data) for data in bad]

    _, answers = await outcomes(encoder, text("first"), *parts, audio(bytes(wav)), image(picture()))

    first, *errors, lying, last = answers
    assert all(isinstance(error, InvalidArgument) for error in errors)
    assert list(bad.values()) == [(error.reason, error.field) for error in errors]
    assert [256] * 3 == [vector.values.size for vector in (first, lying, last)]


async def test_a_file_in_an_allowed_folder(encoder):
    """An address gives the same vector as the bytes behind it."""
    (encoder.media / "a.png").write_bytes(picture(kind="PNG"))
    uri = f"{encoder.media.as_uri()}/a.png"

    _, (fetched, sent) = await outcomes(encoder, EncodePart(image=Media(uri=uri)), image(picture(kind="PNG")))

    assert np.array_equal(fetched.values, sent.values)


@pytest.mark.parametrize("count", [0, 2001])
async def test_the_number_of_parts_is_bounded(encoder, rpc_error, count):
    """No part and more than 2000 are refused as a whole."""
    with pytest.raises(rpc_error) as error:
        await encoder.Encode(EncodeRequest(parts=[text("a")] * count), timeout=10)

    assert "INVALID_ARGUMENT" == error.value.code().name


async def test_many_callers_at_once(encoder):
    """Requests that meet in Triton's batches get their own vectors."""
    words = ["red shoes", "blue lamp", "green bag", "wooden chair"]
    alone = [(await outcomes(encoder, text(each)))[1][0].values for each in words]

    together = await asyncio.gather(*(outcomes(encoder, text(each)) for each in words * 8))

    for at, (_, (vector,)) in enumerate(together):
        assert np.allclose(alone[at % len(words)], vector.values, atol=1e-4)
