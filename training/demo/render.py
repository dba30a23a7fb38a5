"""Pictures of products: silhouette, surface, light, background and camera, all from the item and the view."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from training.demo import backgrounds, surfaces
from training.demo.geometry import Part
from training.demo.items import Item
from training.demo.shapes import VARIATIONS, parts
from training.demo.surfaces import Grid, Style
from training.demo.vocabulary import COLOURS_RGB

CATALOGUE_VIEW = 0
_SUPERSAMPLING = 2
_NEUTRAL_TONE = 128
_RIM_GLOSS = {"cotton": 0.05, "leather": 0.15, "metal": 0.5, "wood": 0.1}


@dataclass(frozen=True)
class Camera:
    """How one picture was taken; *pose* maps product coordinates to -1..1 of the picture, (2, 3)."""

    pose: NDArray[np.float64]
    brightness: float
    white_balance: tuple[float, float, float]
    vignette: float
    light: tuple[float, float]
    blur: float
    noise: float


@dataclass(frozen=True)
class Mask:
    """What the silhouette says of each pixel: covered 0..1, brightness factor, share of trim 0..1."""

    alpha: Grid
    tone: Grid
    trim: Grid
    solid: Image.Image


def render(item: Item, view: int, size: int = 160) -> Image.Image:
    """Return an RGB picture, *size* x *size* pixels.

    View 0 is the catalogue picture; the others are customers' photos: turned, cropped closer or wider, somewhere at
    home, in other light, blurred and noisy. The same item and view always give the same pixels.
    """
    rng = np.random.default_rng((zlib.crc32(item.id.encode()), view))
    camera = _studio_camera(rng) if view == CATALOGUE_VIEW else _customer_camera(rng)
    style, outline = _product(item.id, item.category)
    mask = _mask(outline, camera, size)
    x, y = _grid(size)
    if view == CATALOGUE_VIEW:
        picture = backgrounds.studio(x, y, rng)
    else:
        picture = backgrounds.room(x, y, rng, np.array(COLOURS_RGB[item.colour], np.float32) / 255)
    _cast_shadow(picture, mask, camera, size)
    _place(picture, item, style, mask, camera)
    return _photographed(picture, camera, x, y, rng)


@lru_cache(maxsize=8)
def _grid(size: int) -> tuple[Grid, Grid]:
    line = (np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1
    x, y = np.meshgrid(line, line)
    return x, y


@lru_cache(maxsize=4096)
def _product(item_id: str, category: str) -> tuple[Style, list[Part]]:
    """Return what all views of one product share."""
    rng = np.random.default_rng(zlib.crc32(item_id.encode()))
    brightness = rng.uniform(0.94, 1.03)
    style = Style(
        angle=float(rng.choice((0.0, 0.785, 1.571, 2.356)) + rng.uniform(-0.1, 0.1)),
        period=float(rng.uniform(0.27, 0.36)),
        phase=float(rng.uniform(0, 6.28)),
        tint=tuple((brightness * rng.uniform(0.98, 1.02, 3)).tolist()),
    )
    return style, parts(category, rng.uniform(-1, 1, VARIATIONS).tolist())


def _studio_camera(rng: np.random.Generator) -> Camera:
    pose = _pose(rng.uniform(-0.05, 0.05), rng.uniform(0.76, 0.82), 0.0, 1, (0.0, -0.02))
    return Camera(pose, 1.0, (1.0, 1.0, 1.0), 0.0, (-0.5, -0.8), 0.0, 0.0)


def _customer_camera(rng: np.random.Generator) -> Camera:
    scale = rng.uniform(0.64, 0.84)
    room = 0.94 - scale
    pose = _pose(
        rng.uniform(-0.32, 0.32),
        scale,
        rng.uniform(-0.12, 0.12),
        int(rng.choice((-1, 1))),
        rng.uniform(-room, room, 2),
    )
    light_angle = rng.uniform(-2.8, -0.3)
    return Camera(
        pose,
        brightness=rng.uniform(0.8, 1.12),
        white_balance=tuple(rng.uniform(0.95, 1.05, 3).tolist()),
        vignette=rng.uniform(0, 0.22),
        light=(float(np.cos(light_angle)), float(np.sin(light_angle))),
        blur=max(0.0, rng.uniform(-0.5, 0.65)),
        noise=rng.uniform(0, 0.028),
    )


def _pose(
    angle: float, scale: float, shear: float, flip: int, shift: tuple[float, float] | NDArray[np.float64]
) -> NDArray[np.float64]:
    turn = np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
    linear = scale * turn @ np.array(((1, shear), (0, 1))) @ np.diag((flip, 1))
    return np.column_stack([linear, shift])


def _mask(outline: list[Part], camera: Camera, size: int) -> Mask:
    """Draw the silhouette once, at twice the size: red is coverage, green the tone, blue the trim."""
    big = size * _SUPERSAMPLING
    canvas = Image.new("RGB", (big, big), (0, _NEUTRAL_TONE, 0))
    draw = ImageDraw.Draw(canvas)
    line = max(1, big // 160)
    for part in outline:
        points = part.points @ camera.pose[:, :2].T + camera.pose[:, 2]
        flat = ((points + 1) * (big / 2)).ravel().tolist()
        fill = _ink(part)
        edge = fill if part.hole else (255, int(fill[1] * 0.72), fill[2])
        draw.polygon(flat, fill=fill, outline=edge, width=line)
    small = canvas.reduce(_SUPERSAMPLING)
    alpha, tone, trim = (np.asarray(band, np.float32) for band in small.split())
    return Mask(alpha / 255, tone / _NEUTRAL_TONE, trim / 255, small.getchannel(0))


def _ink(part: Part) -> tuple[int, int, int]:
    if part.hole:
        return 0, _NEUTRAL_TONE, 0
    return 255, min(255, int(_NEUTRAL_TONE * part.tone)), 255 if part.trim else 0


def _place(picture: Grid, item: Item, style: Style, mask: Mask, camera: Camera) -> None:
    """Paint the product over *picture*; only the rectangle around it is computed."""
    left, top, right, bottom = mask.solid.getbbox() or (0, 0, 1, 1)
    window = np.s_[top:bottom, left:right]
    x, y = (grid[window] for grid in _grid(picture.shape[1]))
    bulge = _bulge(mask, camera)[window]
    near = Mask(mask.alpha[window], mask.tone[window], mask.trim[window], mask.solid)
    surface = _lit_surface(item, style, near, bulge, *_product_coordinates(camera, x, y))
    behind = picture[:, top:bottom, left:right]
    behind += near.alpha * (surface - behind)


def _product_coordinates(camera: Camera, x: Grid, y: Grid) -> tuple[Grid, Grid]:
    inverse = np.linalg.inv(camera.pose[:, :2]).astype(np.float32)
    dx, dy = x - np.float32(camera.pose[0, 2]), y - np.float32(camera.pose[1, 2])
    return inverse[0, 0] * dx + inverse[0, 1] * dy, inverse[1, 0] * dx + inverse[1, 1] * dy


def _lit_surface(item: Item, style: Style, mask: Mask, bulge: Grid, u: Grid, v: Grid) -> Grid:
    """Return the product's pixels: paint, trim, material, and light on its rounded edges."""
    paint = surfaces.paint(item.colour, item.pattern, style, u, v)
    paint = paint + mask.trim * (surfaces.trim(item.colour) - paint)
    factor, gloss = surfaces.relief(item.material, style, u, v)
    light = mask.tone * (1 + 0.55 * bulge) * (1 + (factor - 1) * (1 - 0.6 * mask.trim))
    shine = gloss * np.minimum(mask.tone, 1) + np.maximum(bulge, 0) * _RIM_GLOSS[item.material]
    # Black has nothing to multiply: a little grey makes creases and grain visible on it.
    paint *= light
    paint += 0.07 * (light - 1)
    paint += shine * (1 - paint)
    return paint


def _bulge(mask: Mask, camera: Camera) -> Grid:
    """Return how much each pixel turns to the light, about -1..1: the slope of the blurred silhouette."""
    size = mask.solid.width
    hill = np.asarray(mask.solid.filter(ImageFilter.BoxBlur(size / 26)), np.float32)
    scale = size / 14 / 255 / 2
    bulge = np.zeros_like(hill)
    bulge[:, 1:-1] += (hill[:, :-2] - hill[:, 2:]) * (scale * camera.light[0])
    bulge[1:-1] += (hill[:-2] - hill[2:]) * (scale * camera.light[1])
    return bulge


def _cast_shadow(picture: Grid, mask: Mask, camera: Camera, size: int) -> None:
    """Darken *picture* softly on the far side of the light."""
    low = mask.solid.resize((size // 4, size // 4), Image.Resampling.BOX).filter(
        ImageFilter.BoxBlur(size / 70)
    )
    shift = (int(-camera.light[1] * size / 22), int(-camera.light[0] * size / 22))
    shadow = np.asarray(low.resize((size, size), Image.Resampling.BILINEAR), np.float32)
    picture *= 1 - np.roll(shadow, shift, (0, 1)) * (0.36 / 255)


def _photographed(picture: Grid, camera: Camera, x: Grid, y: Grid, rng: np.random.Generator) -> Image.Image:
    """Return the picture as the camera stores it: exposure, white balance, noise and blur."""
    if camera.vignette:
        picture *= camera.brightness - camera.brightness * camera.vignette * 0.7 * (x * x + y * y)
        picture *= surfaces.rgb(camera.white_balance)
        picture += rng.standard_normal(picture.shape[1:], np.float32) * np.float32(camera.noise)
    picture *= 255
    pixels = np.clip(picture, 0, 255, out=picture).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)), "RGB")
    return image.filter(ImageFilter.BoxBlur(camera.blur)) if camera.blur > 0 else image
