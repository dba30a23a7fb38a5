"""Rendered pictures as the encoder service would hand them to the image encoder, cached."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.data.cache import cached
from training.demo.items import Item
from training.demo.render import render
from training.networks.image import HEIGHT, WIDTH

Picture = NDArray[np.uint8]
Taken = tuple[Item, int]

# Whoever sends a picture may have compressed and shrunk it differently: none of it may matter.
_FILTERS = (
    Image.Resampling.BILINEAR,
    Image.Resampling.BOX,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)
_QUALITIES = (88, 88, 75, 95)


def pictures(folder: Path, taken: Sequence[Taken], workers: int) -> NDArray[Any]:
    """Return uint8 [N, H, W, 3], one picture for each item and view, from the cache where it is there."""
    return cached(folder, "pictures", _picture, taken, workers)


def _picture(taken: Taken) -> Picture:
    item, view = taken
    buffer = io.BytesIO()
    render(item, view).save(buffer, "JPEG", quality=_QUALITIES[view % len(_QUALITIES)])
    shrunk = Image.open(buffer).resize((WIDTH, HEIGHT), _FILTERS[view % len(_FILTERS)])
    return np.asarray(shrunk)


def varied(batch: Picture, rng: np.random.Generator) -> Picture:
    """Mirror, shift and re-light pictures [B, H, W, 3]: cheap variety between the rendered views."""
    mirrored = batch.copy()
    mirror = rng.random(len(batch)) < 0.5
    mirrored[mirror] = mirrored[mirror, :, ::-1]
    shifted = np.roll(mirrored, tuple(rng.integers(-6, 7, 2)), (1, 2)).astype(np.float32)
    gain = rng.uniform(0.85, 1.15, (len(batch), 1, 1, 1)) * rng.uniform(0.96, 1.04, (len(batch), 1, 1, 3))
    shifted *= gain.astype(np.float32)
    shifted += rng.uniform(-10, 10, (len(batch), 1, 1, 1)).astype(np.float32)
    return np.clip(shifted, 0, 255, out=shifted).astype(np.uint8)
