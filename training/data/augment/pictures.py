"""Pictures as other people would take them: nearer, mirrored, in other light, less sharp.

Pictures are uint8 [H, W, 3], RGB, and stay so. The same generator state gives the same pixels.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Picture = NDArray[np.uint8]
Range = tuple[float, float]

# Grey as ITU-R BT.601 weighs the colours, and rotation of hue about it.
_GREY = np.array([0.299, 0.587, 0.114])
_TO_YIQ = np.array([_GREY, [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
_FROM_YIQ = np.linalg.inv(_TO_YIQ)
_CROP_TRIES = 10


@dataclass(frozen=True)
class PictureOptions:
    """How much pictures vary. *crop*, *flip*, *colour* and *blur* are probabilities.

    Args:
        crop: of cutting a part out and enlarging it.
        crop_area: the part's share of the area.
        crop_shape: the part's width over height, relative to the picture's.
        flip: of mirroring left and right; 0 where the products carry writing or are left and right.
        colour: of changing light and colour.
        brightness, contrast, saturation: largest change, as a part of 1.
        hue: largest change, as a part of the full circle.
        blur: of softening.
        blur_px: standard deviation of the Gaussian, in pixels.
    """

    crop: float = 1.0
    crop_area: Range = (0.5, 1.0)
    crop_shape: Range = (0.8, 1.25)
    flip: float = 0.5
    colour: float = 0.8
    brightness: float = 0.3
    contrast: float = 0.3
    saturation: float = 0.3
    hue: float = 0.03
    blur: float = 0.1
    blur_px: Range = (0.3, 1.5)


DEFAULT = PictureOptions()
UNCHANGED = PictureOptions(crop=0, flip=0, colour=0, blur=0)


def varied(picture: Picture, rng: np.random.Generator, options: PictureOptions = DEFAULT) -> Picture:
    """Return *picture* cropped, mirrored, re-coloured and softened, each by chance."""
    image = Image.fromarray(picture)
    if rng.random() < options.crop:
        image = cropped(image, rng, options.crop_area, options.crop_shape)
    if rng.random() < options.flip:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < options.colour:
        image = recoloured(image, drawn_colours(image, rng, options))
    if rng.random() < options.blur:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(*options.blur_px)))
    return np.array(image)


def varied_batch(pictures: Picture, rng: np.random.Generator, options: PictureOptions = DEFAULT) -> Picture:
    """Return pictures [B, H, W, 3], each varied by itself."""
    out = np.empty_like(pictures)
    for at, picture in enumerate(pictures):
        out[at] = varied(picture, rng, options)
    return out


def cropped(image: Image.Image, rng: np.random.Generator, area: Range, shape: Range) -> Image.Image:
    """Return a part of *image*, enlarged to its size; the whole where no part of that shape fits."""
    for _ in range(_CROP_TRIES):
        share, stretch = rng.uniform(*area), math.exp(rng.uniform(*np.log(shape)))
        width = image.width * math.sqrt(share * stretch)
        height = image.height * math.sqrt(share / stretch)
        if width <= image.width and height <= image.height:
            left, top = rng.uniform(0, image.width - width), rng.uniform(0, image.height - height)
            box = (left, top, left + width, top + height)
            return image.resize(image.size, Image.Resampling.BILINEAR, box)
    return image


def drawn_colours(
    image: Image.Image, rng: np.random.Generator, options: PictureOptions
) -> NDArray[np.float64]:
    """Return a drawn change of colours as a matrix [3, 4]: new = matrix[:, :3] @ old + matrix[:, 3]."""
    brightness, contrast, saturation = (
        1 + rng.uniform(-most, most) for most in (options.brightness, options.contrast, options.saturation)
    )
    grey = float(np.asarray(image.convert("L")).mean())
    return colour_matrix(brightness, contrast, saturation, rng.uniform(-options.hue, options.hue), grey)


def colour_matrix(
    brightness: float, contrast: float, saturation: float, hue: float, grey: float
) -> NDArray[np.float64]:
    """Return the matrix [3, 4] of a change of colours; 1, 1, 1, 0 changes nothing.

    All four are linear, so one pass over the pixels does them at once.

    Args:
        brightness: factor of the light.
        contrast: factor of the distance from *grey*, the picture's mean, 0 to 255.
        saturation: factor of the distance from each pixel's own grey.
        hue: rotation, as a part of the full circle.
        grey: see contrast.
    """
    angle = 2 * math.pi * hue
    turn = np.array(
        [[1, 0, 0], [0, math.cos(angle), -math.sin(angle)], [0, math.sin(angle), math.cos(angle)]]
    )
    linear = _FROM_YIQ @ (turn * np.array([[1], [saturation], [saturation]])) @ _TO_YIQ
    offset = np.full((3, 1), brightness * (1 - contrast) * grey)
    return np.hstack([brightness * contrast * linear, offset])


def recoloured(image: Image.Image, matrix: NDArray[np.float64]) -> Image.Image:
    """Return *image* with its colours mapped by *matrix* [3, 4], cut at 0 and 255."""
    return image.convert("RGB", tuple(matrix.ravel()))
