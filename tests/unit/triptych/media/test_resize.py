"""The ways in which pictures come to the size of a model, beside those of the libraries that the models are from."""

import io
import time

import numpy as np
import pytest
from PIL import Image
from transformers import BitImageProcessorPil, CLIPImageProcessorPil, ViTImageProcessorPil

from triptych.media.pictures import decode_picture
from triptych.vocabulary.media import Resize

SIDE = 28
SHAPES = [(28, 28), (100, 60), (61, 200), (9, 13), (300, 299), (400, 26)]
_BICUBIC, _BILINEAR = 3, 2


def pixels(width, height):
    return np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def decoded(picture, resize, side=SIDE, kind="PNG"):
    file = io.BytesIO()
    picture.save(file, kind)
    return decode_picture(file.getvalue(), height_px=side, width_px=side, resize=resize, pixels_max=10**8)


def processed(picture, kind, **settings):
    plain = {"do_rescale": False, "do_normalize": False, "return_tensors": "np"}
    return kind(**settings)(picture, **plain)["pixel_values"][0].transpose(1, 2, 0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("resize", "resample"), [(Resize.SQUASH, _BICUBIC), (Resize.SQUASH_BILINEAR, _BILINEAR)]
)
def test_squash_is_vit_s(shape, resize, resample):
    """Every pixel is that of the processor that stretches pictures."""
    picture = Image.fromarray(pixels(*shape))
    expected = processed(
        picture, ViTImageProcessorPil, size={"height": SIDE, "width": SIDE}, resample=resample
    )

    assert np.array_equal(expected, decoded(picture, resize))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("resize", "shortest", "resample"),
    [
        (Resize.CROP, SIDE, _BICUBIC),
        (Resize.CROP_BILINEAR, SIDE, _BILINEAR),
        (Resize.CROP_MARGIN, 32, _BICUBIC),
        (Resize.CROP_MARGIN_BILINEAR, 32, _BILINEAR),
    ],
)
@pytest.mark.parametrize("kind", [CLIPImageProcessorPil, BitImageProcessorPil])
def test_crop_is_clip_s(shape, resize, shortest, resample, kind):
    """Every pixel is that of the processors that cut out the middle."""
    picture = Image.fromarray(pixels(*shape))
    crop = {"height": SIDE, "width": SIDE}
    expected = processed(picture, kind, size={"shortest_edge": shortest}, crop_size=crop, resample=resample)

    assert np.array_equal(expected, decoded(picture, resize))


@pytest.mark.parametrize("resize", Resize)
@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
def test_odd_shapes(resize, shape):
    """A line of pixels, enlarged, would fill the memory: all ways give a picture of the size, soon."""
    started = time.process_time()

    assert (SIDE, SIDE, 3) == decoded(Image.new("RGB", shape, "red"), resize).shape
    assert time.process_time() - started < 5


@pytest.mark.parametrize("resize", Resize)
def test_a_turned_photo_is_cropped_upright(resize):
    """A camera's note that the picture lies on its side counts for every way: the left half is what was on top."""
    lying = Image.new("RGB", (60, 60), "blue")
    lying.paste("red", (0, 0, 60, 30))
    turned = lying.getexif()
    turned[0x0112] = 8  # shown after a quarter turn against the clock
    file = io.BytesIO()
    lying.save(file, "JPEG", quality=95, exif=turned)

    shown = decode_picture(file.getvalue(), height_px=SIDE, width_px=SIDE, resize=resize, pixels_max=10**6)

    assert [254, 0] == pytest.approx(shown[SIDE // 2, 3, [0, 2]].tolist(), abs=4)
    assert [0, 254] == pytest.approx(shown[SIDE // 2, -3, [0, 2]].tolist(), abs=4)


@pytest.mark.parametrize("resize", [Resize.SQUASH, Resize.CROP])
def test_a_large_jpeg_is_nearly_what_it_would_be_in_full(resize):
    """Leaving out detail while decoding moves no pixel of a smooth picture by more than a shade."""
    ramp = np.linspace(0, 255, 900)[:, None] * np.linspace(0.2, 1, 1200)
    picture = Image.fromarray(np.stack([ramp] * 3, -1).astype(np.uint8))

    difference = decoded(picture, resize).astype(int) - decoded(picture, resize, kind="JPEG")

    assert np.abs(difference).max() <= 3
