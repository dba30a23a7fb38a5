"""How the pictures of a transformers folder are prepared, in the words of the service."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from transformers import AutoImageProcessor

from training.errors import TrainingError
from training.networks.picture_input import PictureInput
from triptych.media.pictures import fitted
from triptych.vocabulary.media import Resize

_FILTERS = {Image.Resampling.BICUBIC: "", Image.Resampling.BILINEAR: "_bilinear"}
# ConvNeXt and its kin squash from this size on, and crop below.
_CROPPED_BELOW = 384
_DIFFERENCE_MAX = 1e-3


def read_picture_input(folder: Path) -> PictureInput:
    """Return how pictures are prepared for the model in *folder*, tried against the folder's own processor.

    Raises:
        TrainingError: the folder does not say, or says something that the service cannot do.
    """
    try:
        processor = AutoImageProcessor.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, backend="pil"
        )
    except Exception as error:
        raise TrainingError(
            f"{folder} does not say how pictures are prepared: {str(error).splitlines()[0]}"
        ) from error
    size, resize = _resize(processor, folder)
    normalises, rescales = _flag(processor, "do_normalize"), _flag(processor, "do_rescale")
    taken = PictureInput(
        height=size[0],
        width=size[1],
        resize=resize,
        mean=tuple(processor.image_mean) if normalises else (0.0,) * 3,
        std=tuple(processor.image_std) if normalises else (1.0,) * 3,
        scale=float(processor.rescale_factor) if rescales else 1.0,
    )
    _compare(processor, taken, folder)
    return taken


def _resize(processor: Any, folder: Path) -> tuple[tuple[int, int], Resize]:
    size, suffix = processor.size, _FILTERS.get(processor.resample)
    if suffix is None or not _flag(processor, "do_resize"):
        raise _unknown(folder, "another interpolation than bicubic and bilinear, or none")
    shortest, crop_share = size.shortest_edge, getattr(processor, "crop_pct", None)
    if shortest and crop_share:
        if shortest >= _CROPPED_BELOW:
            return (shortest, shortest), Resize(f"squash{suffix}")
        return _crop(int(shortest / crop_share), shortest, suffix, folder)
    if (
        shortest
        and _flag(processor, "do_center_crop")
        and processor.crop_size.height == processor.crop_size.width
    ):
        return _crop(shortest, processor.crop_size.height, suffix, folder)
    if size.height and size.width and not _flag(processor, "do_center_crop"):
        return (size.height, size.width), Resize(f"squash{suffix}")
    raise _unknown(folder, f"size {dict(size)}")


def _crop(shortest: int, side: int, suffix: str, folder: Path) -> tuple[tuple[int, int], Resize]:
    for resize in (Resize(f"crop{suffix}"), Resize(f"crop_margin{suffix}")):
        if resize.shortest_px(side) == shortest:
            return (side, side), resize
    raise _unknown(folder, f"{side} pixels cut out of {shortest}")


def _compare(processor: Any, taken: PictureInput, folder: Path) -> None:
    """Prepare pictures both ways: whatever else a processor does shows here."""
    generator = np.random.default_rng(0)
    for height, width in ((300, 200), (150, 317), (40, 40)):
        pixels = generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
        expected = np.asarray(processor(Image.fromarray(pixels), return_tensors="np")["pixel_values"])[0]
        actual = _prepared(pixels, taken)
        if expected.shape != actual.shape or np.abs(expected - actual).max() > _DIFFERENCE_MAX:
            raise _unknown(folder, f"the way of {type(processor).__name__.removesuffix('Pil')}")


def _prepared(pixels: NDArray[np.uint8], taken: PictureInput) -> NDArray[np.float32]:
    picture = fitted(Image.fromarray(pixels), (taken.width, taken.height), Resize(taken.resize))
    scaled = (np.asarray(picture, np.float32) * taken.scale - np.array(taken.mean)) / np.array(taken.std)
    return np.asarray(scaled.transpose(2, 0, 1), np.float32)


def _flag(processor: Any, name: str) -> bool:
    return bool(getattr(processor, name, False))


def _unknown(folder: Path, what: str) -> TrainingError:
    return TrainingError(f"{folder} prepares pictures in a way that the encoder service cannot: {what}")
