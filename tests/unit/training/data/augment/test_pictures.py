"""Varied pictures: what was asked for, and nothing at probability 0."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from training.data.augment.pictures import (
    UNCHANGED,
    PictureOptions,
    colour_matrix,
    cropped,
    recoloured,
    varied,
    varied_batch,
)

EVERYTHING = PictureOptions(crop=1, flip=1, colour=1, blur=1)


def drawn(seed=0, size=(40, 30)):
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)


def coloured(pixel, matrix):
    """Return what one pixel becomes."""
    image = recoloured(Image.fromarray(np.full((2, 2, 3), pixel, np.uint8)), matrix)
    return np.asarray(image)[0, 0].astype(int)


@settings(max_examples=30, deadline=None)
@given(width=st.integers(1, 70), height=st.integers(1, 70), seed=st.integers(0, 99))
def test_shape_and_type_stay(width, height, seed):
    """Whatever is drawn, a picture of the same size comes back, and the one given is not touched."""
    picture = drawn(seed, (width, height))
    before = picture.copy()

    out = varied(picture, np.random.default_rng(seed), EVERYTHING)

    assert (picture.shape, np.uint8) == (out.shape, out.dtype)
    np.testing.assert_array_equal(before, picture)


def test_probability_nothing_changes_nothing():
    """Every pixel stays."""
    np.testing.assert_array_equal(drawn(), varied(drawn(), np.random.default_rng(0), UNCHANGED))


def test_the_same_seed_gives_the_same_pixels():
    """Training can be repeated; another seed gives another picture."""
    first, again, other = (varied(drawn(), np.random.default_rng(seed), EVERYTHING) for seed in (3, 3, 4))

    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_flipping_is_mirroring():
    """Left is right."""
    flipped = varied(drawn(), np.random.default_rng(0), PictureOptions(crop=0, flip=1, colour=0, blur=0))

    np.testing.assert_array_equal(drawn()[:, ::-1], flipped)


def test_a_crop_is_a_part_enlarged():
    """Of a picture that brightens to the right, a quarter keeps a half of the range, in order."""
    ramp = np.repeat(np.repeat(np.linspace(0, 255, 200)[None, :, None], 200, 0), 3, 2).astype(np.uint8)

    part = np.asarray(cropped(Image.fromarray(ramp), np.random.default_rng(1), (0.25, 0.25), (1, 1)))

    assert pytest.approx(255 / 2, abs=5) == float(part[0, -1, 0]) - float(part[0, 0, 0])
    assert (np.diff(part[0, :, 0].astype(int)) >= 0).all()


def test_a_crop_of_everything_is_everything():
    """Area 1 in the picture's own shape."""
    whole = cropped(Image.fromarray(drawn()), np.random.default_rng(1), (1, 1), (1, 1))

    np.testing.assert_array_equal(drawn(), np.asarray(whole))


def test_the_neutral_matrix_changes_no_colour():
    """Not even by rounding."""
    picture = drawn(size=(64, 64))

    out = recoloured(Image.fromarray(picture), colour_matrix(1, 1, 1, 0, 128))

    np.testing.assert_array_equal(picture, np.asarray(out))


@pytest.mark.parametrize(
    ("matrix", "pixel", "expected"),
    [
        (colour_matrix(0.5, 1, 1, 0, 100), (200, 100, 50), (100, 50, 25)),
        (colour_matrix(1, 0.5, 1, 0, 100), (200, 100, 50), (150, 100, 75)),
        (colour_matrix(1, 1, 0, 0, 100), (255, 0, 0), (76, 76, 76)),
        (colour_matrix(2, 1, 1, 0, 100), (200, 100, 50), (255, 200, 100)),
    ],
    ids=["half the light", "half the contrast", "grey", "cut at white"],
)
def test_colour_changes_are_those_asked_for(matrix, pixel, expected):
    """Against values worked out by hand."""
    np.testing.assert_allclose(expected, coloured(pixel, matrix), atol=1)


def test_hue_turns_and_keeps_grey():
    """A third of the circle makes another primary the strongest; what is grey stays."""
    turned = coloured((200, 40, 40), colour_matrix(1, 1, 1, 1 / 3, 100))

    assert 0 != turned.argmax()
    np.testing.assert_allclose(
        (90, 90, 90), coloured((90, 90, 90), colour_matrix(1, 1, 1, 1 / 3, 100)), atol=1
    )


def test_blurring_softens_and_keeps_the_light():
    """Less difference between neighbours, the same mean."""
    blurred = varied(
        drawn(), np.random.default_rng(0), PictureOptions(crop=0, flip=0, colour=0, blur=1, blur_px=(1, 1))
    )

    assert blurred.std() < 0.6 * drawn().std()
    assert pytest.approx(drawn().mean(), abs=2) == blurred.mean()


def test_a_batch_is_its_pictures_one_after_the_other():
    """Each is varied by itself, from one generator."""
    pictures = np.stack([drawn(seed) for seed in range(3)])
    rng = np.random.default_rng(5)

    expected = np.stack([varied(picture, rng) for picture in pictures])

    np.testing.assert_array_equal(expected, varied_batch(pictures, np.random.default_rng(5)))
