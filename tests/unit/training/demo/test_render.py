"""Pictures of products."""

from colorsys import rgb_to_hsv
from dataclasses import replace

import numpy as np
import pytest

from training.demo.items import items
from training.demo.render import render
from training.demo.shapes import parts
from training.demo.vocabulary import CATEGORIES, COLOURS, COLOURS_RGB, MATERIALS, PATTERNS

ITEM = replace(items(40)[0], category="cushion", colour="red", pattern="plain", material="cotton")


def _pixels(item, view=0):
    return np.asarray(render(item, view), np.int16)


def _centre_colour(item):
    return _pixels(item)[50:110, 50:110].mean((0, 1))


def _hue(colour):
    return rgb_to_hsv(*(float(part) / 255 for part in colour))[0]


class TestRender:
    @pytest.mark.parametrize("view", [0, 1, 1000])
    def test_deterministic(self, view):
        """The same item and view give the same pixels."""
        assert np.array_equal(_pixels(ITEM, view), _pixels(ITEM, view))

    @pytest.mark.parametrize("size", [96, 160])
    def test_size_and_mode(self, size):
        """Pictures are RGB squares of the size asked for."""
        picture = render(ITEM, 1, size)

        assert ("RGB", (size, size)) == (picture.mode, picture.size)

    def test_views_differ(self):
        """Every view is another picture."""
        assert 5 == len({render(ITEM, view).tobytes() for view in range(5)})

    @pytest.mark.parametrize(
        ("name", "values"),
        [("category", CATEGORIES), ("colour", COLOURS), ("pattern", PATTERNS), ("material", MATERIALS)],
    )
    def test_every_value_shows(self, name, values):
        """Any two values of an attribute give pictures that differ over a good part of the product."""
        pictures = [_pixels(replace(ITEM, **{name: value})) for value in values]
        for at, one in enumerate(pictures):
            for other in pictures[:at]:
                assert (np.abs(one - other).max(-1) > 24).mean() > 0.04

    @pytest.mark.parametrize("material", MATERIALS)
    def test_hue_survives_the_material(self, material):
        """The middle of a plain product has the hue of its own colour; black is dark, white bright, both grey."""
        for name in ("red", "orange", "yellow", "green", "blue", "purple"):
            centre = _centre_colour(replace(ITEM, colour=name, material=material))
            distances = {other: abs(_hue(centre) - _hue(COLOURS_RGB[other])) for other in COLOURS}
            assert distances[name] == pytest.approx(min(distances.values()), abs=0.02)
        for name, low, high in (("black", 20, 80), ("white", 160, 255)):
            centre = _centre_colour(replace(ITEM, colour=name, material=material))
            assert low < centre.min() <= centre.max() < min(high, centre.min() + 20)


@pytest.mark.parametrize("category", CATEGORIES)
class TestShapes:
    def test_fills_its_frame(self, category):
        """The longer side of a silhouette spans -1..1, whatever the variation."""
        for variation in ([-1.0] * 6, [0.0] * 6, [1.0] * 6):
            points = np.concatenate([part.points for part in parts(category, variation)])

            assert points.max() == pytest.approx(1)
            assert points.min() == pytest.approx(-1)
