"""Rectangles of pictures: where they lie in the file, and on which pixels."""

from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.media import Box

PIXELS_MIN = 16

_FIRST_QUARTER_TURN = 5
# By EXIF orientation: whether the file's columns, and its rows, run against those of the upright picture.
_MIRRORED = {
    2: (True, False),
    3: (True, True),
    4: (False, True),
    6: (False, True),
    7: (True, True),
    8: (True, False),
}


def as_stored(box: Box, orientation: int) -> Box:
    """Return where *box* of the upright picture lies in a file of this EXIF orientation, 1 to 8."""
    columns, rows = (box.left, box.right), (box.top, box.bottom)
    if orientation >= _FIRST_QUARTER_TURN:
        columns, rows = rows, columns
    mirrored = _MIRRORED.get(orientation, (False, False))
    (left, right), (top, bottom) = (
        (1 - end, 1 - start) if turned else (start, end)
        for (start, end), turned in zip((columns, rows), mirrored, strict=True)
    )
    return Box(left, top, right, bottom)


def on_pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the nearest whole pixels (left, top, right, bottom) in a picture of *size* (width, height)."""
    width, height = size
    return (
        round(box.left * width),
        round(box.top * height),
        round(box.right * width),
        round(box.bottom * height),
    )


def check(box: Box, size: tuple[int, int]) -> None:
    """Check that *box* covers enough of a picture of *size* to be looked at.

    Raises:
        InvalidArgument: REGION_INVALID, it covers fewer than PIXELS_MIN pixels.
    """
    left, top, right, bottom = on_pixels(box, size)
    pixels = (right - left) * (bottom - top)
    if pixels < PIXELS_MIN:
        raise InvalidArgument(
            f"A region covers at least {PIXELS_MIN} pixels; this one covers {pixels} of {size[0]} × {size[1]}.",
            reason=Reason.REGION_INVALID,
            field="region",
            metadata={"pixels_min": str(PIXELS_MIN), "pixels": str(pixels)},
        )
