"""Silhouettes of things for the kitchen and the living room.

Each function takes six numbers in -1..1 that vary the proportions of one product, and returns its parts, back to front.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin

from training.demo.geometry import Part, band, box, ellipse, mirrored, polygon, smooth

Variation = Sequence[float]


def mug(v: Variation) -> list[Part]:
    """A cylinder with an ear."""
    height, width = 0.78 + 0.12 * v[0], 0.6 + 0.06 * v[1]
    low = 0.5 + 0.1 * v[2]
    ear = [(width - 0.05, -height * 0.6), (width + 0.4, -height * 0.55), (width + 0.42, height * 0.3)]
    return [
        Part(band([*ear, (width - 0.08, height * low)], 0.17), 0.9),
        Part(mirrored([(width, -height), (width - 0.03, height * 0.8), (width - 0.2, height)])),
        Part(ellipse(0, -height, width, 0.16), 1.12),
        Part(ellipse(0, -height + 0.01, width - 0.09, 0.11), 0.5),
    ]


def bottle(v: Variation) -> list[Part]:
    """A tall body, a narrow neck and a cap."""
    body, neck, shoulder = 0.36 + 0.05 * v[0], 0.15 + 0.03 * v[1], -0.35 + 0.1 * v[2]
    side = [
        (neck, -0.85),
        (neck, shoulder - 0.22),
        (body, shoulder + 0.06),
        (body, 0.55),
        (body - 0.01, 0.95),
    ]
    return [
        Part(mirrored([*side, (body - 0.1, 1.0)], rounded=True)),
        Part(box(-neck - 0.04, -1.02, neck + 0.04, -0.8, 0.04), trim=True),
        Part(band([(-neck, -0.74), (neck, -0.74)], 0.05), 0.75),
    ]


def teapot(v: Variation) -> list[Part]:
    """A round belly with spout, ear and lid."""
    belly = 0.62 + 0.05 * v[0]
    return [
        Part(band([(0.4, 0.3), (0.75, 0.12), (0.85, -0.25), (1.02, -0.36)], 0.2 + 0.03 * v[1]), 0.92),
        Part(band([(-0.45, -0.28), (-0.95, -0.3), (-0.98, 0.15), (-0.5, 0.4)], 0.14), 0.88),
        Part(ellipse(0, 0.12, belly, 0.55)),
        Part(box(-0.36, 0.58, 0.36, 0.72, 0.05), 0.85),
        Part(ellipse(0, -0.34, 0.4, 0.2, 180, 360), 1.1),
        Part(ellipse(0, -0.6, 0.1, 0.1), trim=True),
    ]


def bowl(v: Variation) -> list[Part]:
    """Half a ball on a foot, open at the top."""
    depth = 0.75 + 0.12 * v[0]
    return [
        Part(box(-0.34, depth - 0.32, 0.34, depth - 0.08, 0.05), 0.75),
        Part(ellipse(0, -0.2, 1.0, depth, 0, 180)),
        Part(ellipse(0, -0.2, 1.0, 0.24 + 0.05 * v[1]), 1.12),
        Part(ellipse(0, -0.19, 0.9, 0.17 + 0.05 * v[1]), 0.55),
    ]


def vase(v: Variation) -> list[Part]:
    """A slim foot, a wide belly and a flared mouth."""
    belly, waist = 0.6 + 0.08 * v[0], 0.2 + 0.04 * v[1]
    side = [
        (0.42, -0.95),
        (waist, -0.6),
        (belly * 0.8, -0.2),
        (belly, 0.15),
        (0.4, 0.68),
        (0.24, 0.84),
        (0.36, 1.0),
    ]
    return [
        Part(mirrored(side, rounded=True)),
        Part(ellipse(0, -0.95, 0.43, 0.1), 1.12),
        Part(ellipse(0, -0.95, 0.34, 0.065), 0.45),
    ]


def pan(v: Variation) -> list[Part]:
    """A round pan with a long handle, seen from above."""
    slope = 0.2 * v[0]
    return [
        Part(band([(0.4, 0.1 * slope), (1.0, slope), (1.55, slope)], 0.2), trim=True),
        Part(ellipse(1.42, slope, 0.05, 0.04), hole=True),
        Part(ellipse(0, 0, 0.72, 0.72), 0.8),
        Part(ellipse(0, 0, 0.6, 0.6), 1.08),
    ]


def lamp(v: Variation) -> list[Part]:
    """A wide shade on a stem with a foot."""
    top, bottom = 0.36 + 0.06 * v[0], 0.74 + 0.06 * v[1]
    return [
        Part(box(-0.07, -0.1, 0.07, 0.86, 0.03), trim=True),
        Part(ellipse(0, 0.9, 0.42, 0.13), 0.8),
        Part(ellipse(0, 0.5, 0.15 + 0.03 * v[2], 0.2), 0.92),
        Part(mirrored([(top, -0.95), (bottom, 0.1), (bottom * 0.6, 0.16)]), 1.08),
        Part(ellipse(0, -0.95, top, 0.06), 0.75),
    ]


def chair(v: Variation) -> list[Part]:
    """A back, a seat and four legs."""
    wide = 0.46 + 0.05 * v[0]
    seat = polygon((-wide, 0.0), (wide, 0.0), (wide + 0.16, 0.26), (-wide - 0.16, 0.26))
    legs = [box(side * wide - 0.05, 0.1, side * wide + 0.05, 0.8, 0.02) for side in (-0.82, 0.82)]
    front = [box(x - 0.07, 0.24, x + 0.07, 1.0, 0.02) for x in (-wide - 0.07, wide + 0.07)]
    return [
        *[Part(leg, 0.6) for leg in legs],
        *[Part(box(x - 0.06, -0.7, x + 0.06, 0.1, 0.02), 0.8) for x in (-wide + 0.06, wide - 0.06)],
        Part(box(-wide, -1.0, wide, -0.22 + 0.08 * v[1], 0.1)),
        *[Part(leg, 0.85) for leg in front],
        Part(seat, 1.08),
        Part(box(-wide - 0.16, 0.25, wide + 0.16, 0.38, 0.03), 0.78),
    ]


def table(v: Variation) -> list[Part]:
    """A top in perspective and four legs."""
    far, low = 0.72 + 0.06 * v[0], 0.72 + 0.08 * v[1]
    back = [box(x - 0.05, -0.3, x + 0.05, low - 0.26, 0.02) for x in (-far + 0.05, far - 0.05)]
    front = [box(x - 0.07, 0.05, x + 0.07, low, 0.02) for x in (-0.88, 0.88)]
    return [
        *[Part(leg, 0.6) for leg in back],
        *[Part(leg, 0.85) for leg in front],
        Part(polygon((-far, -0.5), (far, -0.5), (1.0, 0.0), (-1.0, 0.0)), 1.08),
        Part(box(-1.0, -0.01, 1.0, 0.17, 0.03), 0.78),
    ]


def sofa(v: Variation) -> list[Part]:
    """A wide back, two arms and two seats."""
    back, arm = -0.55 + 0.08 * v[0], 0.26 + 0.04 * v[1]
    return [
        *[Part(box(x - 0.06, 0.5, x + 0.06, 0.68, 0.02), trim=True) for x in (-0.85, 0.85)],
        Part(box(-0.9, back, 0.9, 0.3, 0.16)),
        Part(box(-0.9, 0.2, 0.9, 0.54, 0.04), 0.8),
        *[Part(box(x, -0.02, x + 0.76, 0.3, 0.08), 1.1) for x in (-0.76, 0.0)],
        *[Part(box(x, -0.2, x + arm, 0.56, 0.12), 0.93) for x in (-1.05, 1.05 - arm)],
    ]


def clock(v: Variation) -> list[Part]:
    """A round face with marks and two hands."""
    angle = pi * v[0]
    marks = [
        Part(
            band([(0.66 * cos(a), 0.66 * sin(a)), (0.8 * cos(a), 0.8 * sin(a))], 0.07, rounded=False),
            trim=True,
        )
        for a in [turn * pi / 6 for turn in range(12)]
    ]
    hands = [
        Part(band([(0, 0), (long * cos(a), long * sin(a))], 0.09, rounded=False), trim=True)
        for a, long in ((angle, 0.58), (angle + 2.1 + 0.6 * v[1], 0.4))
    ]
    return [
        Part(ellipse(0, 0, 1.0, 1.0), 0.65),
        Part(ellipse(0, 0, 0.87, 0.87), 1.05),
        *marks,
        *hands,
        Part(ellipse(0, 0, 0.08, 0.08), trim=True),
    ]


def cushion(v: Variation) -> list[Part]:
    """A square with drawn-in sides and pointed corners."""
    dent = 0.93 + 0.03 * v[0]
    corner = [(0.0, -dent), (0.7, -0.95), (0.96, -0.96), (0.95, -0.7)]
    sides = [(x * c - y * s, x * s + y * c) for c, s in ((1, 0), (0, 1), (-1, 0), (0, -1)) for x, y in corner]
    inner = [(x * 0.9, y * 0.9) for x, y in sides]
    return [Part(smooth(sides), 0.82), Part(smooth(inner), 1.04)]
