"""Silhouettes of instruments, toys and the rest; see shapes_home for the variation."""

from __future__ import annotations

from training.demo.geometry import Part, band, box, ellipse, mirrored, polygon, smooth
from training.demo.shapes_home import Variation


def umbrella(v: Variation) -> list[Part]:
    """A dome of panels with scallops and a hooked stick."""
    high = 0.82 + 0.06 * v[0]
    hook = [(0, -0.1), (0, 0.72), (0.07, 0.92), (0.22, 0.92), (0.28, 0.72)]
    panels = [ellipse(x, -0.05, 0.26, 0.13, 0, 180) for x in (-0.78, -0.26, 0.26, 0.78)]
    ribs = [
        band([(0, -high - 0.05), (x * 0.65, -high * 0.62), (x, -0.05)], 0.035) for x in (-0.52, 0.0, 0.52)
    ]
    return [
        Part(band(hook, 0.1), trim=True),
        Part(box(-0.04, -high - 0.17, 0.04, -high, 0.02), trim=True),
        *[Part(panel, 0.8) for panel in panels],
        Part(ellipse(0, -0.04, 1.04, high, 180, 360)),
        *[Part(rib, 0.66) for rib in ribs],
    ]


def guitar(v: Variation) -> list[Part]:
    """A waisted body with a sound hole, a neck and a head."""
    lower, upper = 0.56 + 0.04 * v[0], 0.42 + 0.03 * v[1]
    side = [(0.0, -0.2), (0.26, -0.18), (upper, 0.05), (0.31, 0.3), (lower, 0.66), (0.34, 0.98), (0.0, 1.02)]
    return [
        Part(box(-0.1, -1.25, 0.1, 0.1, 0.02), trim=True),
        Part(polygon((-0.17, -1.6), (0.17, -1.6), (0.12, -1.22), (-0.12, -1.22)), 0.8),
        Part(mirrored(side, rounded=True)),
        Part(ellipse(0, 0.24, 0.17, 0.17), 0.3),
        Part(box(-0.22, 0.66, 0.22, 0.76, 0.02), trim=True),
        *[Part(band([(x, -1.2), (x, 0.7)], 0.015, rounded=False), 0.5) for x in (-0.04, 0.04)],
    ]


def camera(v: Variation) -> list[Part]:
    """A body with a finder, a release and a large lens."""
    lens, at = 0.44 + 0.04 * v[0], 0.08 + 0.06 * v[1]
    return [
        Part(mirrored([(0.24, -0.74), (0.36, -0.46)]), 0.8),
        Part(box(-0.8, -0.6, -0.5, -0.42, 0.04), trim=True),
        Part(box(-1.0, -0.5, 1.0, 0.68, 0.12)),
        Part(box(0.62, -0.36, 0.86, -0.2, 0.03), trim=True),
        Part(ellipse(at, 0.1, lens, lens), 0.55),
        Part(ellipse(at, 0.1, lens - 0.09, lens - 0.09), 1.1),
        Part(ellipse(at, 0.1, lens - 0.2, lens - 0.2), 0.3),
        Part(ellipse(at - 0.08, 0.02, 0.07, 0.05), trim=True),
    ]


def toy_car(v: Variation) -> list[Part]:
    """A small car from the side."""
    roof, back = -0.5 + 0.06 * v[0], -0.6 + 0.08 * v[1]
    cabin = [(back - 0.12, -0.05), (back + 0.14, roof), (0.25, roof), (0.6, -0.05)]
    panes = [
        polygon((back + 0.06, -0.06), (back + 0.22, roof + 0.11), (-0.2, roof + 0.11), (-0.2, -0.06)),
        polygon((-0.08, -0.06), (-0.08, roof + 0.11), (0.2, roof + 0.11), (0.44, -0.06)),
    ]
    wheels = [(x, 0.38) for x in (-0.56, 0.56)]
    return [
        Part(polygon(*cabin), 1.05),
        *[Part(pane, 0.3) for pane in panes],
        Part(smooth([(-1.0, -0.04), (0.6, -0.06), (1.0, 0.06), (1.06, 0.38), (-1.04, 0.38)], steps=4)),
        *[Part(ellipse(x, y, 0.26, 0.26), 0.2) for x, y in wheels],
        *[Part(ellipse(x, y, 0.13, 0.13), trim=True) for x, y in wheels],
        Part(ellipse(0.98, 0.12, 0.06, 0.07), trim=True),
    ]


def teddy_bear(v: Variation) -> list[Part]:
    """A sitting bear with round ears."""
    head, belly = 0.42 + 0.03 * v[0], 0.46 + 0.04 * v[1]
    return [
        *[Part(ellipse(x * 0.34, -0.86, 0.17, 0.17), 0.85) for x in (-1, 1)],
        *[Part(band([(x * 0.3, 0.0), (x * 0.62, 0.2), (x * 0.7, 0.42)], 0.25), 0.88) for x in (-1, 1)],
        Part(ellipse(0, 0.34, belly, 0.52)),
        *[Part(ellipse(x * 0.48, 0.82, 0.3, 0.22), 0.92) for x in (-1, 1)],
        *[Part(ellipse(x * 0.56, 0.84, 0.13, 0.12), 1.2) for x in (-1, 1)],
        Part(ellipse(0, -0.5, head, 0.4)),
        Part(ellipse(0, -0.38, 0.2, 0.16), 1.25),
        *[Part(ellipse(x * 0.16, -0.6, 0.055, 0.06), 0.1) for x in (-1, 1)],
        Part(ellipse(0, -0.43, 0.07, 0.05), 0.1),
    ]


def headphones(v: Variation) -> list[Part]:
    """A thick band over two large cups."""
    cup, high = 0.42 + 0.04 * v[0], -0.72 + 0.06 * v[1]
    arc = [(-0.78, 0.3), (-0.74, -0.3), (-0.42, high), (0.42, high), (0.74, -0.3), (0.78, 0.3)]
    return [
        Part(band(arc, 0.24), 0.9),
        *[Part(ellipse(x * 0.5, 0.42, 0.16, cup), trim=True) for x in (-1, 1)],
        *[Part(ellipse(x * 0.76, 0.42, 0.3, cup + 0.05), 1.02) for x in (-1, 1)],
        *[Part(ellipse(x * 0.8, 0.42, 0.17, cup - 0.14), 0.85) for x in (-1, 1)],
    ]
