"""Regions of pictures: the right pixels, upright, sharp, and covered where that is asked for."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from triptych.media.pictures import _TURNS, decode_picture
from triptych.media.regions import as_stored, on_pixels
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.media import Box, Focus, Resize

SIDE = 32
UPPER_RIGHT = Box(0.5, 0, 1, 0.5)


def saved(picture, kind="PNG", **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def shown(data, focus, resize=Resize.SQUASH):
    return decode_picture(
        data, height_px=SIDE, width_px=SIDE, resize=resize, pixels_max=4 * 10**7, focus=focus
    )


def quarters(size=(64, 64)):
    """Red and green above blue and black."""
    picture = Image.new("RGB", size, "black")
    width, height = size[0] // 2, size[1] // 2
    for colour, corner in (("red", (0, 0)), ("lime", (width, 0)), ("blue", (0, height))):
        picture.paste(colour, (*corner, corner[0] + width, corner[1] + height))
    return picture


def noise(width, height):
    return Image.fromarray(np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8))


edges = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted).filter(lambda two: two[1] - two[0] > 0.2)


@given(columns=edges, rows=edges, size=st.tuples(st.integers(20, 50), st.integers(20, 50)))
def test_a_region_is_a_picture_of_its_own(columns, rows, size):
    """Whatever the model's way of resizing: a region is what a file that holds it alone would be."""
    box, picture = Box(columns[0], rows[0], columns[1], rows[1]), noise(*size)
    alone = saved(picture.crop(on_pixels(box, size)))

    for resize in Resize:
        assert np.array_equal(shown(alone, Focus(), resize), shown(saved(picture), Focus(region=box), resize))


@given(columns=edges, rows=edges, orientation=st.integers(1, 8))
def test_a_region_is_of_the_upright_picture(columns, rows, orientation):
    """However the camera was held, the region is the one that a customer sees."""
    box, stored = Box(columns[0], rows[0], columns[1], rows[1]), noise(40, 30)
    upright = stored.transpose(_TURNS[orientation]) if orientation in _TURNS else stored
    inside = np.zeros((30, 40), bool)
    left, top, right, bottom = on_pixels(as_stored(box, orientation), stored.size)
    inside[top:bottom, left:right] = True
    turned = Image.fromarray(inside)
    turned = turned.transpose(_TURNS[orientation]) if orientation in _TURNS else turned

    left, top, right, bottom = on_pixels(box, upright.size)
    expected = np.zeros((upright.height, upright.width), bool)
    expected[top:bottom, left:right] = True
    # Rounding may go the other way for an edge that lies just between two pixels.
    assert np.logical_xor(expected, np.asarray(turned)).mean() <= 0.1


@pytest.mark.parametrize(("orientation", "expected"), [(1, 1), (2, 0), (3, 2), (6, 0), (8, 3)])
def test_orientation(orientation, expected):
    """The upper right of the upright picture, wherever that lies in the file."""
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)]
    exif = Image.Exif()
    exif[0x0112] = orientation

    pixels = shown(saved(quarters(), exif=exif), Focus(region=UPPER_RIGHT))

    assert (pixels == colours[expected]).all()


def test_a_small_region_of_a_large_photo_is_sharp():
    """A JPEG is not decoded smaller than the region needs: stripes of two pixels stay stripes."""
    picture = Image.new("RGB", (3200, 3200))
    stripes = np.tile(np.repeat([0, 255], 2), 16).astype(np.uint8)
    picture.paste(Image.fromarray(np.tile(stripes, (64, 1))), (1600, 1600))
    region = Box(0.5, 0.5, 1664 / 3200, 1664 / 3200)

    pixels = shown(saved(picture, "JPEG", quality=95, subsampling=0), Focus(region=region))

    assert pixels.std() > 60


@pytest.mark.parametrize("resize", Resize)
def test_a_large_region_of_a_large_photo_is_not_decoded_whole(resize):
    """A region of half a photo looks the same whether libjpeg shrinks while it decodes or not."""
    ramp = np.linspace(0, 255, 1200)[:, None] * np.linspace(0.2, 1, 1600)
    picture = Image.fromarray(np.stack([ramp] * 3, -1).astype(np.uint8))
    focus = Focus(region=Box(0.25, 0.1, 0.75, 0.9))

    difference = shown(saved(picture), focus, resize).astype(int)
    difference -= shown(saved(picture, "JPEG", quality=95), focus, resize)

    assert np.abs(difference).max() <= 4


def test_covered():
    """What is covered has the mean colour of what is shown; the rest is as it was."""
    pixels = shown(saved(quarters()), Focus(covered=UPPER_RIGHT))

    assert (64, 64, 64) == tuple(pixels[4, 28])
    assert (255, 0, 0) == tuple(pixels[4, 4])
    assert (0, 0, 255) == tuple(pixels[28, 4])


def test_covered_of_a_region():
    """What is covered is a part of the region, and the mean is the region's own."""
    above = Box(0, 0, 1, 0.5)

    pixels = shown(saved(quarters()), Focus(region=above, covered=Box(0.5, 0, 1, 1)))

    assert (128, 128, 0) == tuple(pixels[16, 28])
    assert (255, 0, 0) == tuple(pixels[16, 4])


def test_covered_of_something_transparent():
    """What is transparent counts as the white that is shown."""
    picture = Image.new("RGBA", (40, 40), (0, 0, 0, 0))

    pixels = shown(saved(picture), Focus(covered=UPPER_RIGHT))

    assert (pixels == 255).all()


@pytest.mark.parametrize("size", [(4, 4), (1, 16), (40, 1)])
def test_the_smallest_region(size):
    """16 pixels are enough, whatever their shape; every way of resizing takes them."""
    focus = Focus(region=Box(0, 0, 1, 1))

    assert {(SIDE, SIDE, 3)} == {shown(saved(noise(*size)), focus, resize).shape for resize in Resize}


@pytest.mark.parametrize(
    ("size", "box"), [((3, 5), Box(0, 0, 1, 1)), ((1000, 1000), Box(0.5, 0.5, 0.501, 0.515))]
)
def test_too_small_a_region(size, box):
    """Fewer than 16 pixels tell nothing: the region is to blame, and the error says how many there are."""
    with pytest.raises(InvalidArgument, match="at least 16 pixels") as raised:
        shown(saved(noise(*size)), Focus(region=box))

    assert (Reason.REGION_INVALID, "region") == (raised.value.reason, raised.value.field)
    assert {"pixels_min": "16", "pixels": "15"} == raised.value.metadata
