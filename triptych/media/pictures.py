"""Pictures of any kind through Pillow to the RGB pixels that a model takes."""

import io
import re
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import GifImagePlugin, Image, ImageStat, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from triptych.media import regions
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError
from triptych.vocabulary.media import WHOLE, Box, Focus, Resize

Pixels = NDArray[np.uint8]
"""A picture as a model takes it: (height, width, 3), RGB."""

# Named by their plugins, which are so loaded with this module and not by the first request.
FORMATS = (
    JpegImagePlugin.JpegImageFile.format,
    PngImagePlugin.PngImageFile.format,
    WebPImagePlugin.WebPImageFile.format,
    GifImagePlugin.GifImageFile.format,
)

# Pillow's own guard only warns at first, and knows one limit for the whole process: ours stands below.
Image.MAX_IMAGE_PIXELS = None

# A JPEG may walk over all its pixels thousands of times in a few kilobytes, progressive or not; honest ones do about 10
# times. A scan begins with its length and the number of its components, so that no other bytes are taken for one.
_PIXELS_SCANNED_MAX = 1_000_000_000
_JPEG_SCAN = re.compile(rb"\xff\xda\x00(?:\x08\x01|\x0a\x02|\x0c\x03|\x0e\x04)")

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_FIRST_QUARTER_TURN = 5
_WHITE = (255, 255, 255)
_ASPECT_MAX = 16


def ignore_oddities() -> None:
    """Let Pillow not warn of oddities in a file's metadata, which nobody here can mend."""
    warnings.filterwarnings("ignore", module="PIL")


def decode_picture(
    data: bytes, *, height_px: int, width_px: int, resize: Resize, pixels_max: int, focus: Focus = WHOLE
) -> Pixels:
    """Return what *focus* tells of the picture in *data* upright, on white, as RGB of shape (height_px, width_px, 3).

    Decodes JPEG, PNG, WebP and GIF (the first frame) of at most *pixels_max* pixels. A region is as good as a picture of
    its own: it is cut out of the decoded pixels before anything is resized.

    Raises:
        InvalidArgument: IMAGE_UNREADABLE or IMAGE_TOO_MANY_PIXELS, without a field; REGION_INVALID of "region".
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            check(picture, data, pixels_max)
            return np.asarray(fitted(picture, (width_px, height_px), resize, focus))
    except TriptychError:
        raise
    except Exception as error:
        # Over a broken file Pillow raises OSError, SyntaxError, ValueError, struct.error and more.
        raise unreadable() from error


def check(picture: Image.Image, data: bytes, pixels_max: int) -> None:
    """Hold the picture against its limits by its header alone: nothing is decoded yet."""
    pixels = picture.width * picture.height
    if pixels > pixels_max:
        raise InvalidArgument(
            f"A picture holds at most {pixels_max} pixels; this one has {pixels}.",
            reason=Reason.IMAGE_TOO_MANY_PIXELS,
            metadata={"pixels_max": str(pixels_max), "pixels": str(pixels)},
        )
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        scans = sum(1 for _ in _JPEG_SCAN.finditer(data))
        if scans * pixels > _PIXELS_SCANNED_MAX:
            raise unreadable()


def unreadable() -> InvalidArgument:
    """Return the error for what is no picture, or a broken one."""
    return InvalidArgument(
        "The file is not a complete JPEG, PNG, WebP or GIF picture.", reason=Reason.IMAGE_UNREADABLE
    )


def fitted(
    picture: Image.Image, canvas: tuple[int, int], resize: Resize, focus: Focus = WHOLE
) -> Image.Image:
    """Return what *focus* tells of *picture* as RGB in the size (width, height) of *canvas*, upright, on white."""
    orientation = orientation_of(picture)
    # Shrunk first and turned then, on few pixels: so the picture is made to fit the turned canvas.
    room = canvas[::-1] if orientation >= _FIRST_QUARTER_TURN else canvas
    if focus != WHOLE:
        picture = focused(picture, room, resize, as_stored(focus, orientation))
    small = cropped(picture, room, resize) if resize.crops else shrunk(picture, room, resize)
    if orientation in _TURNS:
        small = small.transpose(_TURNS[orientation])
    return on_white(small, canvas)


def as_stored(focus: Focus, orientation: int) -> Focus:
    """Return *focus* in a file of this EXIF orientation."""
    boxes = (box and regions.as_stored(box, orientation) for box in (focus.region, focus.covered))
    return Focus(*boxes)


def focused(picture: Image.Image, room: tuple[int, int], resize: Resize, focus: Focus) -> Image.Image:
    """Return the region of *picture*, as sharp as it is needed to fill *room*, with what is to be covered covered."""
    region = focus.region or Box(0, 0, 1, 1)
    regions.check(region, picture.size)
    left, top, right, bottom = regions.on_pixels(region, picture.size)
    width, height = right - left, bottom - top
    size = cover((width, height), resize.shortest_px(max(room))) if resize.crops else room
    # As for a whole picture: twice the size in which the region, not the picture, is wanted.
    picture.draft(
        None, (2 * size[0] * picture.width // width or 1, 2 * size[1] * picture.height // height or 1)
    )
    cut = colours(picture).crop(regions.on_pixels(region, picture.size))
    return covered(cut, focus.covered) if focus.covered else cut


def covered(picture: Image.Image, box: Box) -> Image.Image:
    """Return *picture* on white, with *box* in its mean colour."""
    flat = on_white(picture, picture.size)
    mean = tuple(round(value) for value in ImageStat.Stat(flat).mean)
    flat.paste(mean, regions.on_pixels(box, flat.size))
    return flat


def shrunk(picture: Image.Image, room: tuple[int, int], resize: Resize) -> Image.Image:
    """Return the whole of *picture* in *room*, or of the largest size of its shape that fits into it."""
    # Lets libjpeg leave out what is shrunk away; twice the size keeps the quality of the filter below.
    picture.draft(None, (2 * room[0], 2 * room[1]))
    if resize is Resize.FIT_WHITE:
        return colours(picture).resize(fit(picture.size, room), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return colours(picture).resize(room, filter_of(resize))


def cropped(picture: Image.Image, room: tuple[int, int], resize: Resize) -> Image.Image:
    """Return the middle of *picture* in the size of *room*; sizes are rounded as transformers and torchvision do."""
    size = cover(picture.size, resize.shortest_px(max(room)))
    picture.draft(None, (2 * size[0], 2 * size[1]))
    inner = within_aspect(colours(picture))
    small = inner.resize(cover(inner.size, resize.shortest_px(max(room))), filter_of(resize))
    left, top = (small.width - room[0]) // 2, (small.height - room[1]) // 2
    return small.crop((left, top, left + room[0], top + room[1]))


def filter_of(resize: Resize) -> Image.Resampling:
    """Return Pillow's name of the interpolation."""
    return Image.Resampling.BILINEAR if resize.bilinear else Image.Resampling.BICUBIC


def within_aspect(picture: Image.Image) -> Image.Image:
    """Return *picture*, or the middle of one so long that all of it, enlarged, would fill the memory."""
    shortest, longest = sorted(picture.size)
    if longest <= _ASPECT_MAX * shortest:
        return picture
    width, height = (min(side, _ASPECT_MAX * shortest) for side in picture.size)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def orientation_of(picture: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 (upright) when there is none or it cannot be read."""
    try:
        orientation = picture.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - broken metadata, of which Pillow complains in many ways, spoils no picture
        return 1
    return orientation if orientation in _TURNS else 1


def fit(size: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """Return the largest size of the shape of *size* that fits into *room*, at least one pixel each way."""
    scale = min(room[0] / size[0], room[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def cover(size: tuple[int, int], shortest: int) -> tuple[int, int]:
    """Return the size of the shape of *size* whose shortest side is *shortest*."""
    width, height = size
    if width <= height:
        return shortest, int(shortest * height / width)
    return int(shortest * width / height), shortest


def colours(picture: Image.Image) -> Image.Image:
    """Return *picture* as RGB, or as RGBA where parts of it are transparent."""
    if picture.mode.startswith(("I", "F")):
        # 16 bits of grey; Pillow itself would cut at 255 instead of scaling.
        return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8)).convert("RGB")
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    picture.load()
    return picture if picture.mode == mode else picture.convert(mode)


def on_white(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return *picture* in the middle of a white one of *size*, which also shows through what is transparent."""
    canvas = Image.new("RGB", size, _WHITE)
    corner = ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2)
    canvas.paste(picture, corner, picture.getchannel("A") if picture.mode == "RGBA" else None)
    return canvas
