"""Silhouettes of things to wear and to carry; see shapes_home for the variation."""

from __future__ import annotations

from training.demo.geometry import Part, band, box, ellipse, mirrored, polygon, smooth
from training.demo.shapes_home import Variation


def watch(v: Variation) -> list[Part]:
    """A strap with a round case in the middle."""
    strap, case = 0.25 + 0.03 * v[0], 0.43 + 0.03 * v[1]
    return [
        Part(box(-strap, -1.0, strap, 1.0, 0.08), 0.95),
        Part(box(-strap - 0.05, -1.03, strap + 0.05, -0.86, 0.04), trim=True),
        *[Part(ellipse(0, y, 0.045, 0.045), 0.35) for y in (0.62, 0.75, 0.88)],
        Part(box(case - 0.05, -0.07, case + 0.1, 0.07, 0.03), trim=True),
        Part(ellipse(0, 0, case, case), trim=True),
        Part(ellipse(0, 0, case - 0.08, case - 0.08), 1.15),
        Part(band([(0, 0), (0.0, -0.26)], 0.06, rounded=False), trim=True),
        Part(band([(0, 0), (0.17, 0.1)], 0.06, rounded=False), trim=True),
    ]


def shirt(v: Variation) -> list[Part]:
    """A T-shirt with short sleeves and a round neck."""
    waist, cuff = 0.54 + 0.05 * v[0], -0.2 + 0.08 * v[1]
    side = [(0.26, -0.9), (0.6, -0.76), (1.05, cuff - 0.1), (0.78, cuff + 0.1), (0.56, -0.22), (waist, 0.95)]
    return [
        Part(mirrored(side)),
        *[Part(band([(x * 0.56, -0.24), (x * 0.5, -0.66)], 0.03, rounded=False), 0.7) for x in (-1, 1)],
        Part(ellipse(0, -0.91, 0.32, 0.25, 0, 180), 0.65),
        Part(ellipse(0, -0.93, 0.25, 0.18, 0, 180), hole=True),
    ]


def trousers(v: Variation) -> list[Part]:
    """Two legs below a waistband."""
    hem, hip = 0.26 + 0.05 * v[0], 0.5 + 0.03 * v[1]
    leg = [(0.42, -1.0), (hip, -0.5), (hip + 0.02, 1.0), (hip + 0.02 - hem * 1.2, 1.0), (0.03, -0.32)]
    return [
        Part(mirrored(leg)),
        Part(box(-0.43, -1.02, 0.43, -0.87, 0.02), 0.75),
        Part(band([(0, -0.87), (0.0, -0.36)], 0.03, rounded=False), 0.6),
        *[Part(band([(x * 0.44, -0.72), (x * 0.24, -0.85)], 0.035, rounded=False), 0.6) for x in (-1, 1)],
    ]


def dress(v: Variation) -> list[Part]:
    """Straps, a narrow waist and a wide skirt."""
    waist, hem = 0.25 + 0.03 * v[0], 0.78 + 0.1 * v[1]
    skirt = [(waist, -0.2), (waist + 0.16, 0.1), (hem, 0.9), (hem * 0.55, 1.0), (0.0, 0.96)]
    return [
        Part(mirrored(skirt), 0.97),
        Part(mirrored([(0.3, -1.0), (0.2, -1.0), (0.16, -0.74), (0.0, -0.66)]), hole=True),
        Part(polygon((0.15, -1.0), (0.28, -1.0), (0.38, -0.62), (waist, -0.18), (-waist, -0.18), (-0.38, -0.62),
                     (-0.28, -1.0), (-0.15, -1.0), (-0.12, -0.72), (0.12, -0.72)), 1.05),
        Part(box(-waist - 0.02, -0.24, waist + 0.02, -0.12, 0.02), trim=True),
        *[Part(band([(x * 0.12, 0.0), (x * hem * 0.5, 0.92)], 0.03, rounded=False), 0.75) for x in (-1, 1)],
    ]  # fmt: skip


def hat(v: Variation) -> list[Part]:
    """A crown with a ribbon on a wide brim."""
    crown, height = 0.55 + 0.04 * v[0], -0.62 + 0.1 * v[1]
    return [
        Part(ellipse(0, 0.2, 1.05, 0.34), 0.88),
        Part(ellipse(0, 0.16, 0.8, 0.2), 0.7),
        Part(mirrored([(0.0, height), (crown * 0.7, height), (crown, height + 0.25), (crown + 0.05, 0.2), (0.0, 0.32)],
                      rounded=True), 1.06),
        Part(mirrored([(crown + 0.03, -0.08), (crown + 0.06, 0.16), (0.3, 0.25), (0.0, 0.27), (0.0, 0.05)]), trim=True),
    ]  # fmt: skip


def shoe(v: Variation) -> list[Part]:
    """A low trainer from the side, with sole and laces."""
    toe, collar = 0.02 + 0.05 * v[0], -0.42 + 0.05 * v[1]
    upper = [(-0.95, collar), (-0.6, collar + 0.12), (-0.3, collar - 0.04), (-0.05, -0.24), (0.45, toe - 0.06),
             (0.95, toe + 0.14), (1.02, 0.34), (-0.95, 0.34), (-1.0, 0.0)]  # fmt: skip
    laces = [
        ((-0.3 + 0.17 * at, -0.22 + 0.07 * at), (-0.12 + 0.17 * at, -0.36 + 0.1 * at)) for at in range(4)
    ]
    return [
        Part(smooth(upper)),
        Part(smooth([(0.62, toe + 0.02), (0.98, 0.18), (1.02, 0.34), (0.6, 0.34)]), 0.8),
        Part(box(-1.03, 0.28, 1.08, 0.48, 0.08), trim=True),
        *[Part(band(lace, 0.08, rounded=False), trim=True) for lace in laces],
        Part(ellipse(-0.62, collar + 0.06, 0.28, 0.06), 0.45),
    ]


def boot(v: Variation) -> list[Part]:
    """A high shaft with a foot, a sole and a heel."""
    wide, top = 0.36 + 0.04 * v[0], -1.0 + 0.1 * v[1]
    outline = [(-0.42, top), (-0.42 + wide * 2, top), (-0.4 + wide * 1.9, 0.2), (0.62, 0.4), (0.9, 0.62), (0.92, 0.84),
               (-0.46, 0.84), (-0.5, 0.4)]  # fmt: skip
    return [
        Part(box(-0.5, 0.78, -0.08, 1.04, 0.03), trim=True),
        Part(smooth([*outline[:2], outline[1], *outline[2:], outline[0]], steps=8)),
        Part(box(-0.52, 0.8, 0.96, 0.92, 0.04), trim=True),
        Part(box(-0.46, top - 0.06, -0.38 + wide * 2, top + 0.14, 0.05), 0.72),
        Part(band([(-0.46, 0.35), (-0.1, 0.45), (-0.06, 0.82)], 0.035), 0.65),
    ]


def sock(v: Variation) -> list[Part]:
    """A bent tube with a ribbed cuff, heel and toe."""
    wide, low = 0.26 + 0.02 * v[0], 0.5 + 0.06 * v[1]
    line = [(-0.25, -0.95), (-0.25, -0.3), (-0.2, 0.2), (0.1, low + 0.08), (0.55, low + 0.16)]
    ribs = [
        Part(band([(x, -1.0), (x, -0.74)], 0.035, rounded=False), 0.5) for x in (-0.42, -0.3, -0.18, -0.06)
    ]
    return [
        Part(ellipse(0.6, low + 0.16, wide + 0.08, wide + 0.02), 0.75),
        Part(band(line, wide * 2.1)),
        Part(ellipse(-0.14, low - 0.06, wide * 0.95, wide * 0.9, 60, 240), 0.75),
        Part(box(-0.26 - wide * 1.12, -1.02, -0.24 + wide * 1.12, -0.72, 0.05), 0.78),
        *ribs,
    ]


def glove(v: Variation) -> list[Part]:
    """A hand with five fingers and a cuff."""
    spread = 0.06 + 0.03 * v[0]
    tips = [
        (-0.4 - spread * 2, -0.62),
        (-0.16 - spread, -0.88),
        (0.12 + spread, -0.86),
        (0.36 + spread * 2, -0.6),
    ]
    roots = [-0.3, -0.1, 0.1, 0.3]
    return [
        Part(band([(0.2, 0.3), (0.56, 0.05), (0.74, -0.16 + 0.08 * v[1])], 0.26), 0.92),
        *[
            Part(band([(root, 0.1), tip], 0.215, rounded=False))
            for root, tip in zip(roots, tips, strict=True)
        ],
        *[Part(ellipse(*tip, 0.107, 0.107)) for tip in tips],
        Part(box(-0.42, -0.2, 0.42, 0.62, 0.16)),
        Part(box(-0.4, 0.5, 0.4, 1.0, 0.06), 0.75),
        Part(box(-0.43, 0.5, 0.43, 0.62, 0.04), trim=True),
    ]


def handbag(v: Variation) -> list[Part]:
    """A trapezoid with a high arched handle and a clasp."""
    top, arch = 0.62 + 0.06 * v[0], -0.9 + 0.08 * v[1]
    return [
        Part(
            band([(-0.42, -0.1), (-0.36, arch + 0.15), (0, arch), (0.36, arch + 0.15), (0.42, -0.1)], 0.13),
            0.8,
        ),
        Part(mirrored([(top, -0.2), (top + 0.1, -0.12), (0.98, 0.72), (0.86, 0.84)])),
        Part(mirrored([(top, -0.2), (top + 0.1, -0.12), (top + 0.16, 0.14), (0.0, 0.36)]), 1.12),
        Part(box(-0.1, 0.24, 0.1, 0.44, 0.05), trim=True),
    ]


def backpack(v: Variation) -> list[Part]:
    """A rounded bag with a loop, shoulder straps and a pocket."""
    wide, pocket = 0.62 + 0.05 * v[0], 0.22 + 0.08 * v[1]
    return [
        Part(band([(-0.16, -0.8), (-0.14, -1.04), (0.14, -1.04), (0.16, -0.8)], 0.09), trim=True),
        *[Part(band([(x * 0.5, -0.4), (x * 0.84, 0.0), (x * 0.66, 0.8)], 0.16), 0.65) for x in (-1, 1)],
        Part(mirrored([(0.0, -0.95), (0.4, -0.9), (wide, -0.5), (wide, 0.5), (wide - 0.04, 0.92), (0.0, 0.98)],
                      rounded=True)),
        Part(band([(-wide * 0.85, -0.3), (0, -0.42), (wide * 0.85, -0.3)], 0.05), 0.55),
        Part(box(-wide * 0.72, pocket, wide * 0.72, 0.82, 0.14), 1.14),
        Part(band([(-wide * 0.6, pocket + 0.14), (wide * 0.6, pocket + 0.14)], 0.05), trim=True),
    ]  # fmt: skip


def suitcase(v: Variation) -> list[Part]:
    """An upright case with a pull handle, ribs and wheels."""
    wide = 0.52 + 0.06 * v[0]
    pull = [(-0.24, -0.55), (-0.24, -1.0), (0.24, -1.0), (0.24, -0.55)]
    return [
        Part(band(pull, 0.09, rounded=False), trim=True),
        *[Part(ellipse(x * (wide - 0.14), 0.96, 0.1, 0.1), trim=True) for x in (-1, 1)],
        Part(box(-wide, -0.62 + 0.06 * v[1], wide, 0.92, 0.12)),
        *[Part(box(x * wide - 0.03, -0.42, x * wide + 0.03, 0.74, 0.02), 0.6) for x in (-0.5, 0.0, 0.5)],
        *[Part(box(x * wide - 0.1, y - 0.1, x * wide + 0.1, y + 0.1, 0.06), 0.7) for x in (-0.84, 0.84)
          for y in (-0.5, 0.82)],
    ]  # fmt: skip
