"""The grid over a picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.explain.grid import cells, in_picture
from triptych.vocabulary.media import Box, Focus


def area(box):
    return (box.right - box.left) * (box.bottom - box.top)


def test_cells():
    """Nine cells, row by row, cover the picture."""
    assert 9 == len(cells())
    assert Box(1 / 3, 0, 2 / 3, 1 / 3) == cells()[1]
    assert 1 == pytest.approx(sum(area(cell) for cell in cells()))


def test_a_whole_picture():
    """The cells of a whole picture are where they are."""
    assert cells() == [in_picture(cell, Focus()) for cell in cells()]


@given(left=st.floats(0, 0.4), top=st.floats(0, 0.4), right=st.floats(0.6, 1), bottom=st.floats(0.6, 1))
def test_a_region(left, top, right, bottom):
    """The cells of a region lie in it and cover it."""
    region = Box(left, top, right, bottom)
    found = [in_picture(cell, Focus(region)) for cell in cells()]

    assert area(region) == pytest.approx(sum(map(area, found)))
    assert (left, top) == (found[0].left, found[0].top)
    assert (right, bottom) == pytest.approx((found[-1].right, found[-1].bottom))
    assert all(0 <= box.left < box.right <= 1 for box in found)
