"""The pictures and sounds of a dataset as a model takes them, decoded once and kept."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import PIL
import soundfile
import soxr

from training.data.array_cache import ArrayCache, CachedArrays, Progress, unheard
from training.data.loading import load_picture, load_sound
from triptych.vocabulary.media import Resize


def picture_arrays(
    cache: ArrayCache,
    files: Sequence[Path],
    height_px: int,
    width_px: int,
    resize: str = Resize.FIT_WHITE,
    progress: Progress = unheard,
) -> CachedArrays:
    """Return the pictures in *files* as uint8 [height_px, width_px, 3], as `load_picture` gives them.

    Raises:
        TrainingError: a file cannot be decoded, or the disk is full.
    """
    load = partial(load_picture, height_px=height_px, width_px=width_px, resize=resize)
    # Another release may decode and shrink a little differently.
    name = f"picture {height_px}x{width_px} {resize} Pillow {PIL.__version__}"
    return cache.arrays(files, load, name, progress)


def sound_arrays(
    cache: ArrayCache,
    files: Sequence[Path],
    rate_hz: int,
    seconds_max: float,
    progress: Progress = unheard,
) -> CachedArrays:
    """Return the sounds in *files* as float32 [samples] at *rate_hz*, as `load_sound` gives them.

    Raises:
        TrainingError: a file cannot be decoded, is longer than *seconds_max*, or the disk is full.
    """
    load = partial(load_sound, rate_hz=rate_hz, seconds_max=seconds_max)
    versions = f"libsndfile {soundfile.__libsndfile_version__} soxr {soxr.__version__}"
    return cache.arrays(files, load, f"sound {rate_hz} Hz {seconds_max:g} s {versions}", progress)
