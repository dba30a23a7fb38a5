"""Pictures of any kind through Pillow to the RGB pixels that a model takes."""

from services.encoder.core.facts import PictureForm
from services.encoder.core.ports import Pixels
from triptych.media.pictures import decode_picture, ignore_oddities
from triptych.vocabulary.media import WHOLE, Focus


class PillowDecoder:
    """Decodes JPEG, PNG, WebP and GIF (the first frame) of at most *pixels_max* pixels."""

    def __init__(self, pixels_max: int) -> None:
        self._pixels_max = pixels_max
        ignore_oddities()

    def decode(self, data: bytes, facts: PictureForm, focus: Focus = WHOLE) -> Pixels:
        """Return what *focus* tells, upright, on white, as RGB of shape (facts.height_px, facts.width_px, 3).

        Raises:
            InvalidArgument: IMAGE_UNREADABLE or IMAGE_TOO_MANY_PIXELS, without a field; REGION_INVALID of "region".
        """
        return decode_picture(
            data,
            height_px=facts.height_px,
            width_px=facts.width_px,
            resize=facts.resize,
            pixels_max=self._pixels_max,
            focus=focus,
        )
