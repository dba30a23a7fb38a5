"""Pictures of every kind, good and bad, through Pillow. Each is built here, and told by its colours."""

import dataclasses
import io
import resource
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from services.encoder.adapters.pillow import PillowDecoder
from triptych.media.pictures import fit
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.media import Resize

PIXELS_MAX = 40_000_000
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
# JPEG and WebP do not keep colours exactly.
TOLERANCE = 12


@pytest.fixture
def decode(image_facts):
    decoder = PillowDecoder(PIXELS_MAX)
    return lambda data, **facts: decoder.decode(data, dataclasses.replace(image_facts, **facts))


def saved(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def left_right(left=RED, right=BLUE, size=(64, 64)):
    """Left half one colour, right half another."""
    picture = Image.new("RGB", size, left)
    picture.paste(right, (size[0] // 2, 0, *size))
    return picture


def close(pixel, colour):
    return np.abs(np.asarray(pixel, int) - colour).max() <= TOLERANCE


def refused(decode, data):
    with pytest.raises(InvalidArgument) as error:
        decode(data)
    assert not error.value.field
    return error.value.reason


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth=8, colour=0, rows=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("size", [(64, 64), (700, 700), (16, 16)])
def test_formats(decode, kind, size):
    """Each format arrives as RGB of the model's size, whether it must shrink or grow."""
    pixels = decode(saved(left_right(size=size), kind))

    assert ((32, 32, 3), np.uint8) == (pixels.shape, pixels.dtype)
    assert close(pixels[16, 4], RED)
    assert close(pixels[16, 28], BLUE)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "TGA", "PDF"])
def test_other_formats_are_refused(decode, kind):
    """What Pillow could read besides is not accepted: every parser is a way in."""
    assert Reason.IMAGE_UNREADABLE == refused(decode, saved(left_right(), kind))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_counts(decode, kind):
    """Of something that moves, the first picture is taken."""
    first, second = Image.new("RGB", (32, 32), RED), Image.new("RGB", (32, 32), BLUE)

    pixels = decode(saved(first, kind, save_all=True, append_images=[second], duration=100))

    assert close(pixels[16, 16], RED)


@pytest.mark.parametrize(
    ("orientation", "left_is_now"),
    [
        (1, "left"),
        (2, "right"),
        (3, "right"),
        (4, "left"),
        (5, "top"),
        (6, "top"),
        (7, "bottom"),
        (8, "bottom"),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_orientation(decode, orientation, left_is_now, kind):
    """The camera's note on how it was held is followed."""
    exif = Image.Exif()
    exif[0x0112] = orientation

    pixels = decode(saved(left_right(), kind, exif=exif))

    red = {"left": pixels[16, 2], "right": pixels[16, 29], "top": pixels[2, 16], "bottom": pixels[29, 16]}
    assert close(red[left_is_now], RED)


def test_orientation_of_a_picture_that_is_not_square(decode):
    """A lying picture that was shot upright stands, with white left and right of it."""
    exif = Image.Exif()
    exif[0x0112] = 6

    pixels = decode(saved(Image.new("RGB", (200, 100), RED), "JPEG", exif=exif))

    assert close(pixels[2, 16], RED)
    assert close(pixels[16, 2], WHITE)


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0"])
def test_broken_metadata_spoils_no_picture(decode, exif):
    """A picture with EXIF that nobody can read is upright."""
    assert close(decode(saved(left_right(), "JPEG", exif=exif))[16, 4], RED)


def transparent(mode):
    """Red on the left, nothing on the right."""
    picture = left_right(right=(0, 0, 0)).convert("RGBA")
    picture.putalpha(left_right((255,) * 3, (0,) * 3).convert("L"))
    return picture.convert(mode)


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGBA", "PNG"), ("RGBA", "WEBP"), ("RGBA", "GIF"), ("LA", "PNG")]
)
def test_transparency_is_white(decode, mode, kind):
    """What is transparent shows white, whichever way the file says it."""
    pixels = decode(saved(transparent(mode), kind))

    assert close(pixels[16, 28], WHITE)
    assert not close(pixels[16, 4], WHITE)


def test_a_transparent_colour_is_white(decode):
    """PNG can name one colour of an RGB picture as transparent."""
    pixels = decode(saved(left_right(), "PNG", transparency=BLUE))

    assert close(pixels[16, 2], RED)
    assert close(pixels[16, 29], WHITE)


@pytest.mark.parametrize("transparency", [None, b"\xff\x00", 1])
def test_palettes(decode, transparency):
    """Palettes with and without transparent entries pass without a warning."""
    picture = Image.new("P", (32, 32), 0)
    picture.putpalette([*RED, *BLUE])
    picture.paste(1, (16, 0, 32, 32))

    pixels = decode(saved(picture, "PNG", **({} if transparency is None else {"transparency": transparency})))

    assert close(pixels[16, 4], RED)
    assert close(pixels[16, 28], BLUE if transparency is None else WHITE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_grey(decode, kind):
    """Grey becomes equal red, green and blue."""
    assert close(decode(saved(Image.new("L", (40, 40), 100), kind))[16, 16], (100, 100, 100))


def test_black_and_white(decode):
    """One bit a pixel is black and white, not black and nearly black."""
    assert close(decode(saved(Image.new("1", (40, 40), 1), "PNG"))[16, 16], WHITE)


def test_sixteen_bits(decode):
    """16 bits of grey are scaled to 8, not cut at 255."""
    grey = np.full((40, 40), 0x8000, np.uint16)

    assert close(decode(saved(Image.fromarray(grey), "PNG"))[16, 16], (128, 128, 128))


def test_sixteen_bits_of_colour(decode):
    """48-bit PNG, which Pillow cannot write, is read."""
    row = b"\0" + struct.pack(">HHH", 0xFFFF, 0, 0x8000) * 8

    assert close(decode(png(8, 8, depth=16, colour=2, rows=row * 8))[16, 16], (255, 0, 128))


def test_cmyk(decode):
    """A JPEG of printer's inks, which Adobe stores inverted, keeps its colours."""
    data = saved(left_right(GREEN, WHITE).convert("CMYK"), "JPEG", quality=95)

    assert b"Adobe" in data
    pixels = decode(data)
    assert close(pixels[16, 4], GREEN)
    assert close(pixels[16, 28], WHITE)


def test_a_large_jpeg_is_not_decoded_whole(decode):
    """libjpeg shrinks while it decodes; the colours stay."""
    pixels = decode(saved(left_right(size=(3000, 2000)), "JPEG"))

    assert close(pixels[16, 4], RED)
    assert close(pixels[16, 28], BLUE)


def test_the_shape_is_kept_on_white(decode):
    """A wide picture has white above and below, and is not stretched."""
    pixels = decode(saved(Image.new("RGB", (80, 40), RED), "PNG"))

    assert [False, True, True, False] == [close(pixels[row, 16], RED) for row in (6, 9, 22, 25)]
    assert close(pixels[3, 16], WHITE)


def test_squash(decode):
    """A model that wants the whole frame filled gets it."""
    pixels = decode(saved(Image.new("RGB", (80, 40), RED), "PNG"), resize=Resize.SQUASH)

    assert close(pixels[0, 0], RED)
    assert close(pixels[31, 31], RED)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (30_000, 3)])
def test_extreme_shapes(decode, size):
    """One pixel, or a line of them, is a picture."""
    pixels = decode(saved(Image.new("RGB", size, RED), "PNG"))

    assert (32, 32, 3) == pixels.shape
    assert (pixels == (255, 0, 0)).all(axis=2).any()


@pytest.mark.parametrize(
    ("size", "expected"),
    [((10, 10), (32, 32)), ((64, 32), (32, 16)), ((1, 900), (1, 32)), ((900, 1), (32, 1))],
)
def test_fit(size, expected):
    """The longer side fills the room; the shorter is at least one pixel."""
    assert expected == fit(size, (32, 32))


def test_a_bomb_is_refused_by_its_header(decode):
    """50,000 × 50,000 pixels in a file of a few kilobytes cost neither time nor memory."""
    bomb = png(50_000, 50_000, rows=b"\0" * 2_000_000)
    assert len(bomb) < 4_000
    before_kib, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()

    reason = refused(decode, bomb)

    assert Reason.IMAGE_TOO_MANY_PIXELS == reason
    assert time.perf_counter() - started < 0.5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 50_000


def gif_header(width, height):
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\2\2\x4c\1\0;"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frame


def webp_header(width, height):
    # VP8L keeps both sides in 14 bits each.
    bits = (width - 1) | (height - 1) << 14
    body = b"WEBPVP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", bits) + b"\0" * 5
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    "data", [gif_header(65_000, 65_000), webp_header(16_000, 16_000)], ids=["GIF", "WebP"]
)
def test_bombs_of_other_formats(decode, data):
    """The other formats' headers are held against the limit as well, in no more memory."""
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    reason = refused(decode, data)

    assert reason in {Reason.IMAGE_TOO_MANY_PIXELS, Reason.IMAGE_UNREADABLE}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 50_000


def test_the_limit_on_pixels_is_exact(image_facts):
    """As many pixels as allowed pass, one row more does not."""
    decoder = PillowDecoder(pixels_max=200)

    assert (32, 32, 3) == decoder.decode(saved(Image.new("L", (20, 10)), "PNG"), image_facts).shape
    with pytest.raises(InvalidArgument) as error:
        decoder.decode(saved(Image.new("L", (20, 11)), "PNG"), image_facts)
    assert {"pixels_max": "200", "pixels": "220"} == error.value.metadata


def test_a_jpeg_of_endless_scans_is_refused(decode):
    """A progressive JPEG that walks over its pixels again and again would hold a thread for minutes."""
    data = saved(Image.new("L", (4000, 4000)), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    scan = data[at:-2]

    assert Reason.IMAGE_UNREADABLE == refused(decode, data[:at] + scan * 300 + b"\xff\xd9")


def test_a_plain_jpeg_of_endless_scans_is_refused_too(decode):
    """Ten bytes a walk are enough, over the largest picture that is allowed."""
    data = bytearray(saved(Image.new("RGB", (16, 16)), "JPEG"))
    size = data.index(b"\xff\xc0") + 5
    data[size : size + 4] = (6000).to_bytes(2, "big") * 2
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"

    assert Reason.IMAGE_UNREADABLE == refused(
        decode, data[: data.index(b"\xff\xda")] + scan * 1000 + b"\xff\xd9"
    )


def test_bytes_that_look_like_a_scan_do_no_harm(decode):
    """A large photo may carry anything behind its end, a film for one."""
    data = saved(Image.new("RGB", (8000, 5000), RED), "JPEG", progressive=True)

    assert (32, 32, 3) == decode(data + b"\xff\xda" * 1000).shape


def test_an_honest_progressive_jpeg_passes(decode):
    """As large as allowed, with the ten walks over its pixels that encoders make."""
    assert (32, 32, 3) == decode(saved(Image.new("RGB", (8000, 5000), RED), "JPEG", progressive=True)).shape


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_truncated(decode, kind, share):
    """Half a picture is no picture."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    data = saved(Image.fromarray(noise), kind)

    assert Reason.IMAGE_UNREADABLE == refused(decode, data[: int(len(data) * share)])


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"This is a text file named picture.jpg.\n" * 20,
        b"\xff\xd8\xff\xe0" + b"\0" * 100,
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        png(0, 5),
        png(5, 5, rows=b""),
        png(4, 4, colour=9, rows=b"\0" * 100),
    ],
)
def test_no_picture(decode, data):
    """What is no picture is said to be none, whatever its name was."""
    assert Reason.IMAGE_UNREADABLE == refused(decode, data)


def test_a_bomb_in_the_metadata(decode):
    """A text chunk that unpacks to 200 MB is not unpacked."""
    text = chunk(b"zTXt", b"k\0\0" + zlib.compress(b"\0" * 200_000_000, 9))
    picture = png(4, 4, rows=b"\0" * 20)
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert Reason.IMAGE_UNREADABLE == refused(decode, picture[:33] + text + picture[33:])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 50_000
