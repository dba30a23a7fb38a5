"""Colour, pattern and material on a surface, all as functions of the product's own coordinates.

Grids are (rows, columns) float32. A surface is (3, rows, columns) float32 with 1.0 as full brightness: channels come
first because numpy is twice as fast on long rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from training.demo.vocabulary import COLOURS_RGB

Grid = NDArray[np.float32]
TAU = np.float32(2 * np.pi)
_NONE, _SEAM = np.float32(0), np.float32(0.2)
_CREAM = (0.97, 0.95, 0.90)
_INK = (0.16, 0.17, 0.20)
_DARK = ("black", "brown", "purple", "blue")
# Checks of black with cream and of white with ink would be the same picture.
_ACCENTS = {"black": (0.56, 0.55, 0.53), "white": (0.50, 0.50, 0.52), "yellow": _INK, "pink": _INK}


@dataclass(frozen=True)
class Style:
    """What varies between two products of the same colour, pattern and material."""

    angle: float
    period: float
    phase: float
    tint: tuple[float, float, float]


def paint(colour: str, pattern: str, style: Style, u: Grid, v: Grid) -> Grid:
    """Return the pattern in the product's colour and an accent, (3, rows, columns)."""
    base = rgb(COLOURS_RGB[colour]) / 255 * rgb(style.tint)
    if pattern == "plain":
        return np.broadcast_to(base, (3, *u.shape))
    accent = rgb(_ACCENTS.get(colour, _CREAM))
    share = _PATTERNS[pattern](*_turned(u, v, style.angle), style.period, style.phase)
    return base + share * (accent - base)


def rgb(colour: Sequence[float]) -> Grid:
    """Return three numbers as (3, 1, 1), ready to spread over a picture."""
    return np.array(colour, np.float32)[:, None, None]


def trim(colour: str) -> Grid:
    """Return the colour of soles, wheels and caps: grey, light on dark products and dark on light ones."""
    return rgb((0.72, 0.72, 0.74) if colour in _DARK else (0.25, 0.25, 0.28))


def relief(material: str, style: Style, u: Grid, v: Grid) -> tuple[Grid, Grid]:
    """Return what a material does to the light: a factor around 1, and the share of white gloss in 0..1."""
    return _MATERIALS[material](u, v, style.phase)


def _stripes(u: Grid, _v: Grid, period: float, phase: float) -> Grid:
    return _step(np.sin(u * (TAU / period) + phase) - 0.25, 4)


def _dots(u: Grid, v: Grid, period: float, _phase: float) -> Grid:
    row = np.floor(v / period)
    x = u / period + 0.5 * (row % 2)
    x, y = x - np.floor(x) - 0.5, v / period - row - 0.5
    return _step(0.29 - np.sqrt(x * x + y * y), 10)


def _checks(u: Grid, v: Grid, period: float, phase: float) -> Grid:
    across, along = np.sin(u * (TAU / period) + phase), np.sin(v * (TAU / period) + phase)
    return 0.45 * (_step(across, 4) + _step(along, 4))


def _cotton(u: Grid, v: Grid, _phase: float) -> tuple[Grid, Grid]:
    """Knitted: rows of small V-shaped stitches."""
    column = u * 7.0
    slant = np.abs(column - np.floor(column) - 0.5)
    stitch = np.sin((v * 8.0 + slant * 1.3) * TAU)
    return 0.92 + 0.19 * stitch - np.where(slant > 0.42, _SEAM, _NONE), np.zeros_like(u)


def _leather(u: Grid, v: Grid, phase: float) -> tuple[Grid, Grid]:
    """Dark creases between smooth pebbles, with a soft wide gloss."""
    creases = _sampled(_creases(), u + phase, v, 52)
    gloss = 0.24 * np.exp(-(((u * 0.7 + v + 0.35) / 0.28) ** 2)) * creases
    return 0.62 + 0.42 * creases, gloss


def _metal(u: Grid, v: Grid, phase: float) -> tuple[Grid, Grid]:
    """Brushed, with hard bands of reflected light and shade across it."""
    along = u * 0.9 + v * 0.35
    bands = np.sin(along * 5.2 + phase)
    brushed = _sampled(_brush(), u + phase, v, 90)
    gloss = 0.78 * np.clip(bands * 4 - 2.9, 0, 1) + 0.25 * np.clip(
        np.sin(along * 5.2 + phase + 2.2) * 6 - 5, 0, 1
    )
    return 0.86 + 0.3 * bands + 0.1 * brushed, gloss


def _wood(u: Grid, v: Grid, phase: float) -> tuple[Grid, Grid]:
    """Sawn wood: arched growth rings around a knot, and long dark streaks."""
    knot_u, knot_v = 0.8 * np.cos(phase), 0.8 * np.sin(phase * 2)
    across = v - float(knot_v) + 0.05 * np.sin(u * 4.3 + phase)
    along = (u - float(knot_u)) * 0.3
    rings = np.sqrt(along * along + across * across) * 6.5
    ring = rings - np.floor(rings)
    # A ring darkens slowly and ends fast; the short way back keeps its edge from being jagged.
    edge = np.minimum(ring, (1 - ring) * 4)
    streaks = _sampled(_brush(), u + phase, v, 70)
    return 1.1 - 0.68 * edge * edge * edge - 0.13 * np.maximum(streaks, 0), np.zeros_like(u)


_PATTERNS = {"striped": _stripes, "dotted": _dots, "checked": _checks}
_MATERIALS = {"cotton": _cotton, "leather": _leather, "metal": _metal, "wood": _wood}


def _turned(u: Grid, v: Grid, angle: float) -> tuple[Grid, Grid]:
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return u * cos + v * sin, v * cos - u * sin


def _step(values: Grid, sharpness: float) -> Grid:
    share: Grid = np.clip(values * sharpness + 0.5, 0, 1)
    return share


def _sampled(texture: Grid, u: Grid, v: Grid, scale: float) -> Grid:
    """Look up a 256 x 256 texture that repeats, *scale* texels per unit."""
    looked_up: Grid = texture[
        (v * scale + 512).astype(np.int32) & 255, (u * scale + 512).astype(np.int32) & 255
    ]
    return looked_up


@lru_cache(maxsize=1)
def _brush() -> Grid:
    return _noise(2, 0.6, 24)


@lru_cache(maxsize=1)
def _creases() -> Grid:
    return np.minimum(1, np.minimum(np.abs(_noise(3, 2.4, 2.4)), np.abs(_noise(4, 2.4, 2.4))) * 3.2)


def _noise(seed: int, sigma_y: float, sigma_x: float) -> Grid:
    """Return 256 x 256 smooth noise that repeats, zero mean, unit deviation (white noise blurred in Fourier space)."""
    white = np.random.default_rng(seed).standard_normal((256, 256))
    y, x = np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256)[None]
    blur = np.exp(-2 * np.pi**2 * ((y * sigma_y) ** 2 + (x * sigma_x) ** 2))
    smooth = np.fft.irfft2(np.fft.rfft2(white) * blur, s=(256, 256))
    noise: Grid = ((smooth - smooth.mean()) / smooth.std()).astype(np.float32)
    return noise
