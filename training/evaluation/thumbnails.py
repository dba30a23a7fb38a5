"""Small pictures inside a page: data URIs."""

import base64
import io
from pathlib import Path

from PIL import Image, ImageOps

SIDE_PX = 112
_QUALITY = 80


def thumbnail(path: Path, side_px: int = SIDE_PX) -> str:
    """Return the picture at *path*, at most *side_px* wide and high, as a data URI; "" where it cannot be read."""
    try:
        with Image.open(path) as picture:
            # Decodes a large JPEG at a fraction of its size.
            picture.draft("RGB", (2 * side_px, 2 * side_px))
            small = ImageOps.exif_transpose(picture).convert("RGB")
            small.thumbnail((side_px, side_px))
    except (OSError, ValueError, Image.DecompressionBombError):
        return ""
    file = io.BytesIO()
    small.save(file, "JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
