"""How pictures and sounds come to the form that a model takes."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Box:
    """A rectangle of a picture that stands upright, in shares of its width and height: 0 ≤ left < right ≤ 1 …."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Focus:
    """What of a picture is looked at: *region* (all where None), of which the part *covered* is hidden."""

    region: Box | None = None
    covered: Box | None = None


WHOLE = Focus()


class Resize(StrEnum):
    """How a picture comes to the size that the model takes; by bicubic interpolation unless another is named."""

    FIT_WHITE = "fit_white"
    """The whole picture, shape kept, centred on white."""
    SQUASH = "squash"
    """The whole picture, stretched to the shape: as SigLIP's own preparation does."""
    SQUASH_BILINEAR = "squash_bilinear"
    """The same by bilinear interpolation: as ViT's does."""
    CROP = "crop"
    """The middle of the picture, shape kept, its shortest side filling the square: as CLIP's does."""
    CROP_BILINEAR = "crop_bilinear"
    """The same by bilinear interpolation."""
    CROP_MARGIN = "crop_margin"
    """The middle of the picture, shape kept, a margin of 1/16 cut off each side of the shortest (256 to 224): DINOv2."""
    CROP_MARGIN_BILINEAR = "crop_margin_bilinear"
    """The same by bilinear interpolation: as most networks of ImageNet do."""

    @property
    def crops(self) -> bool:
        """Whether what is beyond a square in the middle is cut off."""
        return self.name.startswith("CROP")

    @property
    def bilinear(self) -> bool:
        """Whether interpolation is bilinear and not bicubic."""
        return self.name.endswith("BILINEAR")

    def shortest_px(self, side_px: int) -> int:
        """Return how long the shortest side is before a square of *side_px* is cut out."""
        return side_px * 8 // 7 if self.name.startswith("CROP_MARGIN") else side_px
