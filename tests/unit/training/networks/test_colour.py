import pytest
import torch

from training.networks.colour import COLOUR_FEATURES, colour_features

ANCHORS = 77
CELLS = 16
RED, NAVY, WHITE = (200, 30, 40), (20, 20, 80), (255, 255, 255)


def _plain(colour, side=64):
    return torch.tensor(colour, dtype=torch.uint8).expand(1, side, side, 3)


def test_shares_of_a_cell_add_up_to_one():
    """In every cell the squares of the features, background included, are shares of a whole."""
    generator = torch.Generator().manual_seed(1)
    pictures = torch.randint(0, 256, (2, 100, 70, 3), generator=generator, dtype=torch.uint8)
    features = colour_features(pictures)
    assert (2, COLOUR_FEATURES) == features.shape
    shares = features[:, : CELLS * (ANCHORS + 1)].view(2, CELLS, ANCHORS + 1).square().sum(-1)
    torch.testing.assert_close(torch.ones(2, CELLS), shares)


@pytest.mark.parametrize(
    ("colour", "lightness", "a", "b"),
    [((128, 128, 128), 55, 0, 0), ((0, 0, 0), 15, 0, 0), ((185, 85, 80), 50, 45 * 0.75**0.5, 22.5)],
)
def test_the_nearest_anchor_is_the_strongest(colour, lightness, a, b):
    """Grey, black and red fall on the anchors that CIE L*a*b* puts them next to (L* 54, 0, and 49 at a hue of 29 degrees)."""
    from training.networks.colour import _anchors

    strongest = colour_features(_plain(colour))[0, -ANCHORS:].argmax()
    expected = torch.tensor([lightness, a, b], dtype=torch.float32)
    torch.testing.assert_close(expected, _anchors(torch.device("cpu"))[strongest])


def test_white_background_is_no_colour_of_the_product():
    """A product on white has the same colours however much white surrounds it."""
    near = _plain(RED).clone()
    far = _plain(WHITE).clone()
    far[:, 16:48, 16:48] = torch.tensor(RED, dtype=torch.uint8)
    torch.testing.assert_close(
        colour_features(near)[:, -ANCHORS:], colour_features(far)[:, -ANCHORS:], atol=5e-3, rtol=0
    )


def test_where_a_colour_is_counts():
    """A red top over navy trousers is not a navy top over red trousers, though both show as much of each."""
    one = torch.cat([_plain(RED)[:, :32], _plain(NAVY)[:, :32]], dim=1)
    other = one.flip(1)
    first, second = colour_features(one), colour_features(other)
    torch.testing.assert_close(first[:, -ANCHORS:], second[:, -ANCHORS:])
    assert (first - second)[:, :-ANCHORS].norm() > 1


def test_bytes_and_floats_mean_the_same():
    """Pictures as uint8 and as floats 0 to 255 have equal features."""
    picture = _plain(NAVY)
    torch.testing.assert_close(colour_features(picture), colour_features(picture.float()))
