"""Pictures of any kind through Pillow to the RGB pixels that a model takes."""

import io
import warnings

import numpy as np
from PIL import GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from services.encoder.core.facts import ImageFacts, Resize
from services.encoder.core.ports import Pixels
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError

# Named by their plugins, which are so loaded with this module and not by the first request.
FORMATS = (
    JpegImagePlugin.JpegImageFile.format,
    PngImagePlugin.PngImageFile.format,
    WebPImagePlugin.WebPImageFile.format,
    GifImagePlugin.GifImageFile.format,
)

# Pillow's own guard only warns at first, and knows one limit for the whole process: ours stands below.
Image.MAX_IMAGE_PIXELS = None

# A progressive JPEG may walk over all its pixels thousands of times in a few kilobytes; honest ones do about 10 times.
_PIXELS_SCANNED_MAX = 1_000_000_000
_JPEG_SCAN = b"\xff\xda"

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


class PillowDecoder:
    """Decodes JPEG, PNG, WebP and GIF (the first frame) of at most *pixels_max* pixels."""

    def __init__(self, pixels_max: int) -> None:
        self._pixels_max = pixels_max
        # Pillow warns of oddities in a file's metadata, which nobody here can mend.
        warnings.filterwarnings("ignore", module="PIL")

    def decode(self, data: bytes, facts: ImageFacts) -> Pixels:
        """Return the picture upright, on white, as RGB of shape (facts.height_px, facts.width_px, 3).

        Raises:
            InvalidArgument: IMAGE_UNREADABLE or IMAGE_TOO_MANY_PIXELS.
        """
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                self._check(picture, data)
                return np.asarray(fitted(picture, facts))
        except TriptychError:
            raise
        except Exception as error:
            # Over a broken file Pillow raises OSError, SyntaxError, ValueError, struct.error and more.
            raise unreadable() from error

    def _check(self, picture: Image.Image, data: bytes) -> None:
        """Hold the picture against its limits by its header alone: nothing is decoded yet."""
        pixels = picture.width * picture.height
        if pixels > self._pixels_max:
            raise InvalidArgument(
                f"A picture holds at most {self._pixels_max} pixels; this one has {pixels}.",
                reason=Reason.IMAGE_TOO_MANY_PIXELS,
                metadata={"pixels_max": str(self._pixels_max), "pixels": str(pixels)},
            )
        # Only counted where it can hurt: other files may hold the same two bytes by chance.
        if picture.info.get("progressive") and data.count(_JPEG_SCAN) * pixels > _PIXELS_SCANNED_MAX:
            raise unreadable()


def unreadable() -> InvalidArgument:
    """Return the error for what is no picture, or a broken one."""
    return InvalidArgument(
        "The file is not a complete JPEG, PNG, WebP or GIF picture.", reason=Reason.IMAGE_UNREADABLE
    )


def fitted(picture: Image.Image, facts: ImageFacts) -> Image.Image:
    """Return *picture* as RGB in the model's size, upright, on white."""
    orientation = orientation_of(picture)
    canvas = (facts.width_px, facts.height_px)
    # Shrunk first and turned then, on few pixels: so the picture is made to fit the turned canvas.
    room = canvas[::-1] if orientation >= _FIRST_QUARTER_TURN else canvas
    # Lets libjpeg leave out what is shrunk away; twice the size keeps the quality of the filter below.
    picture.draft(None, (2 * room[0], 2 * room[1]))
    size = fit(picture.size, room) if facts.resize is Resize.FIT_WHITE else room
    small = colours(picture).resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    if orientation in _TURNS:
        small = small.transpose(_TURNS[orientation])
    return on_white(small, canvas)


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
