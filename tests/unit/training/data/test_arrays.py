"""The arrays of a dataset are those that single files give, from the cache as well."""

import numpy as np
import pytest

from training.data.array_cache import ArrayCache
from training.data.arrays import picture_arrays, sound_arrays
from training.data.loading import load_picture, load_sound
from training.data.records import read_dataset
from training.errors import TrainingError


def test_arrays_are_those_of_single_files(folder_dataset, tmp_path):
    """Written by the first run, read by the second."""
    records = read_dataset(folder_dataset()).records
    images, sounds = [one.image for one in records], [one.audio for one in records]

    for _ in range(2):
        cache = ArrayCache(tmp_path / "cache")
        for path, array in zip(images, picture_arrays(cache, images, 32, 24, "squash"), strict=True):
            np.testing.assert_array_equal(load_picture(path, 32, 24, "squash"), array)
        for path, array in zip(sounds, sound_arrays(cache, sounds, 8_000, 2.0), strict=True):
            np.testing.assert_array_equal(load_sound(path, 8_000, 2.0), array)


def test_other_sizes_are_kept_apart(folder_dataset, tmp_path):
    """One cache serves several models."""
    images = [one.image for one in read_dataset(folder_dataset()).records]
    cache = ArrayCache(tmp_path / "cache")

    shapes = {
        picture_arrays(cache, images, height, 24, resize)[0].tobytes()
        for height in (16, 32)
        for resize in ("squash", "fit_white")
    }

    assert 4 == len(shapes)


def test_a_broken_file_is_named(folder_dataset, tmp_path):
    """A file that broke since it was checked."""
    images = [one.image for one in read_dataset(folder_dataset()).records]
    images[2].write_bytes(b"x")

    with pytest.raises(TrainingError, match=r"images/2\.png: The file is not a complete JPEG"):
        picture_arrays(ArrayCache(tmp_path / "cache"), images, 16, 16)
