"""Outlines as polygons: y points down, one unit is half of the picture of the product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Pairs = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Part:
    """One polygon of a silhouette, (n, 2), painted over the earlier ones.

    *tone* multiplies the brightness of the surface; *trim* parts take the product's trim colour (soles, wheels);
    *hole* parts show the background.
    """

    points: Points
    tone: float = 1.0
    trim: bool = False
    hole: bool = False


def polygon(*points: tuple[float, float]) -> Points:
    """Return the polygon through *points*."""
    return np.array(points, float)


def ellipse(x: float, y: float, rx: float, ry: float, start: float = 0, stop: float = 360) -> Points:
    """Return an ellipse, or its part between two angles in degrees (0 is right, 90 is down)."""
    return _arc(start, stop, 36) * (rx, ry) + (x, y)


@lru_cache(maxsize=64)
def _arc(start: float, stop: float, count: int) -> Points:
    angles = np.radians(np.linspace(start, stop, count))
    return np.stack([np.cos(angles), np.sin(angles)], 1)


def box(x0: float, y0: float, x1: float, y1: float, radius: float = 0.06) -> Points:
    """Return a rectangle with rounded corners."""
    radius = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    left, right, top, bottom = x0 + radius, x1 - radius, y0 + radius, y1 - radius
    centres = ((right, bottom, 0), (left, bottom, 90), (left, top, 180), (right, top, 270))
    return np.concatenate([_arc(start, start + 90, 6) * radius + (x, y) for x, y, start in centres])


def smooth(points: Pairs, *, closed: bool = True, steps: int = 6) -> Points:
    """Return a Catmull-Rom spline through *points*."""
    knots = np.array(points, float)
    ends = (knots[-1:], knots[:2]) if closed else (knots[:1], knots[-1:])
    padded = np.concatenate([ends[0], knots, ends[1]])
    a, b, c, d = padded[:-3, None], padded[1:-2, None], padded[2:-1, None], padded[3:, None]
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    flat = curve.reshape(-1, 2)
    return flat if closed else np.concatenate([flat, knots[-1:]])


def mirrored(right: Pairs, *, rounded: bool = False) -> Points:
    """Return the symmetric outline whose right half is *right*, from top to bottom."""
    half = smooth(right, closed=False) if rounded else np.array(right, float)
    return np.concatenate([half, half[::-1] * (-1, 1)])


def band(points: Pairs, width: float, *, rounded: bool = True) -> Points:
    """Return a strip of constant *width* along a line."""
    line = smooth(points, closed=False) if rounded else np.array(points, float)
    along = np.gradient(line, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1) / np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    return np.concatenate([line + across * width / 2, (line - across * width / 2)[::-1]])


def fitted(parts: Sequence[Part], stretch_x: float = 1.0, stretch_y: float = 1.0) -> list[Part]:
    """Return *parts* stretched, centred and scaled so that the longer side spans -1..1."""
    everything = np.concatenate([part.points for part in parts]) * (stretch_x, stretch_y)
    low, high = everything.min(0), everything.max(0)
    middle, half = (low + high) / 2, (high - low).max() / 2
    return [
        Part((part.points * (stretch_x, stretch_y) - middle) / half, part.tone, part.trim, part.hole)
        for part in parts
    ]
