"""Quiet backgrounds: low in contrast and saturation, so that nobody takes them for the product."""

from __future__ import annotations

import numpy as np

from training.demo.surfaces import Grid, rgb

_TONES = np.array(
    (
        (0.93, 0.93, 0.94), (0.84, 0.86, 0.88), (0.88, 0.85, 0.80), (0.78, 0.80, 0.78),
        (0.70, 0.71, 0.74), (0.80, 0.75, 0.70), (0.72, 0.76, 0.80), (0.60, 0.60, 0.62),
    ),
    np.float32,
)  # fmt: skip


def studio(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Return the catalogue's light grey sweep, (3, rows, columns)."""
    light = 1.03 + rng.uniform(-0.02, 0.02) - 0.05 * (x * x + (y + 0.2) ** 2)
    return light * rgb((0.885, 0.895, 0.91))


def room(x: Grid, y: Grid, rng: np.random.Generator, product: Grid) -> Grid:
    """Return a surface of somebody's home whose tone is not that of the *product*, (3,)."""
    far = np.abs(_TONES - product).max(1) > 0.18
    tone = _TONES[rng.choice(np.flatnonzero(far))] * np.float32(rng.uniform(0.94, 1.05))
    pattern = _SURFACES[rng.integers(len(_SURFACES))]
    return pattern(x, y, rng) * rgb(tone)


def _plain(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    slope_x, slope_y = rng.uniform(-0.1, 0.1, 2)
    return 1 + float(slope_x) * x + float(slope_y) * y


def _boards(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    board = y * rng.uniform(1.2, 2.2) + rng.uniform()
    number = np.floor(board)
    grain = 1 + 0.04 * np.sin(number * 7.3) + 0.015 * np.sin(y * 40 + np.sin(x * 3) * 2)
    return np.where(board - number < 0.04, grain * np.float32(0.88), grain)


def _tiles(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    count, shift = rng.uniform(1.0, 2.0), rng.uniform(0, 1, 2)
    column, row = x * count + shift[0], y * count + shift[1]
    joint = ((column - np.floor(column)) < 0.05) | ((row - np.floor(row)) < 0.05)
    return np.where(joint, np.float32(0.91), np.float32(1))


def _blotches(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    a, b, c, d = rng.uniform(1, 5, 4).tolist()
    shade: Grid = 1 + 0.05 * np.sin(a * x + b) * np.sin(c * y + d) + 0.03 * np.sin(2 * (x + y) + a)
    return shade


def _corner(_x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    floor = y > rng.uniform(0.1, 0.6)
    return np.where(floor, 0.86 + 0.06 * y, 1.0 - 0.05 * y)


_SURFACES = (_plain, _boards, _tiles, _blotches, _corner)
