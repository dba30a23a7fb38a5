"""Which colours a picture shows and where: what backbones trained on objects have learned to look past.

Soft histograms over fixed anchors in CIE L*a*b* (CIE 15:2004; sRGB by IEC 61966-2-1, D65), one for each cell of a
grid and one for the whole picture, their roots taken (Arandjelovic & Zisserman 2012, the Hellinger kernel).
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

_GRID = 4
_SIDE_PX = 56  # Small enough to be fast, large enough to tell a stripe from a tint.
_SPREAD = 12.0  # Standard deviation of the soft assignment, in units of Lab.
_LIGHTNESS_GREY, _LIGHTNESS_COLOURED = (15.0, 35.0, 55.0, 75.0, 95.0), (30.0, 50.0, 70.0)
_HUES, _CHROMAS = 12, (18.0, 45.0)
# Lighter and greyer than this is the background of a product photo.
_WHITE_LIGHTNESS_MIN, _WHITE_CHROMA_MAX = 93.0, 6.0
_TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
_D65 = (0.9505, 1.0, 1.089)
_EMPTY = 1e-3

_ANCHORS = len(_LIGHTNESS_GREY) + len(_LIGHTNESS_COLOURED) * _HUES * len(_CHROMAS)
COLOUR_FEATURES = _GRID**2 * (_ANCHORS + 1) + _ANCHORS


def colour_features(pictures: Tensor) -> Tensor:
    """Return float32 [B, COLOUR_FEATURES] of pictures [B, H, W, 3], RGB, uint8 or floats 0 to 255.

    For each cell, row by row: the roots of the shares of the anchors and of white background; then the roots of the
    shares of the anchors among all that is not background.
    """
    lab = _lab(pictures)
    anchors = _anchors(pictures.device)
    # The softmax of negative squared distances; each pixel's own square cancels out.
    shares = ((2 * lab @ anchors.T - anchors.square().sum(1)) / (2 * _SPREAD**2)).softmax(-1)
    white = ((lab[..., 0] > _WHITE_LIGHTNESS_MIN) & (lab[..., 1:].abs().amax(-1) < _WHITE_CHROMA_MAX)).float()
    shares = shares * (1 - white)[..., None]
    cells = _cells(torch.cat([shares, white[..., None]], -1))
    whole = shares.mean((1, 2))
    whole = whole / (whole.sum(-1, keepdim=True) + _EMPTY)
    return torch.cat([cells.sqrt().flatten(1), whole.sqrt()], 1)


def _cells(values: Tensor) -> Tensor:
    """Return the means [B, cells, C] of values [B, side, side, C] over the grid."""
    each = _SIDE_PX // _GRID
    grid = values.view(len(values), _GRID, each, _GRID, each, -1)
    return grid.mean((2, 4)).flatten(1, 2)


def _lab(pictures: Tensor) -> Tensor:
    """Return L*a*b* [B, side, side, 3]; pixels are averaged as light adds up, not as sRGB counts."""
    coded = pictures.float() / 255
    linear = torch.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055).pow(2.4))
    small = adaptive_avg_pool2d(linear.permute(0, 3, 1, 2), _SIDE_PX).permute(0, 2, 3, 1)
    xyz = small @ small.new_tensor(_TO_XYZ).T / small.new_tensor(_D65)
    x, y, z = torch.where(xyz > 0.008856, xyz.pow(1 / 3), 7.787 * xyz + 16 / 116).unbind(-1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def _anchors(device: torch.device) -> Tensor:
    """Return greys and rings of hues [anchors, 3] in Lab."""
    greys = [(lightness, 0.0, 0.0) for lightness in _LIGHTNESS_GREY]
    angles = [2 * math.pi * hue / _HUES for hue in range(_HUES)]
    rings = [
        (lightness, chroma * math.cos(angle), chroma * math.sin(angle))
        for lightness in _LIGHTNESS_COLOURED
        for angle in angles
        for chroma in _CHROMAS
    ]
    return torch.tensor(greys + rings, device=device)
