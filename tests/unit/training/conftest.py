"""Tiny datasets that lie as a shop's would: in the folder layout, or behind a manifest."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from PIL import Image

RATE_HZ = 16_000
COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200), "grey": (120, 120, 120)}


def write_picture(path, colour="red", size=(48, 40), seed=0):
    """A picture of one colour with a little noise, so that no two seeds make the same file."""
    noise = np.random.default_rng(seed).integers(-20, 20, (size[1], size[0], 3))
    pixels = np.clip(np.array(COLOURS[colour]) + noise, 0, 255).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def write_sound(path, pitch_hz=440.0, seconds=0.5, rate_hz=RATE_HZ):
    """A tone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(
        path, 0.4 * np.sin(2 * np.pi * pitch_hz * np.arange(int(seconds * rate_hz)) / rate_hz), rate_hz
    )


def write_text(path, text):
    """A text file with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


@pytest.fixture
def write():
    """Return the functions that write one file: write.picture, write.sound and write.text."""
    return SimpleNamespace(picture=write_picture, sound=write_sound, text=write_text)


@pytest.fixture
def folder_dataset(tmp_path):
    """Return a function that writes a folder dataset of *count* products a split and returns its path."""

    def make(count=4, splits=("train", "test"), name="shop"):
        root = tmp_path / name
        for at_split, split in enumerate(splits):
            for at in range(count):
                colour = list(COLOURS)[at % len(COLOURS)]
                seed = 1000 * at_split + at
                write_text(root / split / "texts" / f"{at}.txt", f"a {colour} mug number {seed}")
                write_picture(root / split / "images" / f"{at}.png", colour, seed=seed)
                write_sound(root / split / "audio" / f"{at}.wav", 300 + 7 * seed)
        return root

    return make


@pytest.fixture
def manifest_dataset(tmp_path):
    """Return a function that writes *count* products behind a manifest and returns the manifest's path.

    *change* is called with the records, as dicts, before they are written.
    """

    def make(count=4, change=lambda _records: None, name="shop"):
        root = tmp_path / name
        records = []
        for at in range(count):
            colour = list(COLOURS)[at % len(COLOURS)]
            write_picture(root / "photos" / f"{at}.png", colour, seed=at)
            write_sound(root / "said" / f"{at}.wav", 300 + 7 * at)
            content = {"text": f"a {colour} mug", "image": f"photos/{at}.png", "audio": f"said/{at}.wav"}
            records.append({"id": f"mug-{at}", **content, "label": colour, "split": "train"})
        change(records)
        manifest = root / "manifest.jsonl"
        manifest.write_text("".join(json.dumps(one) + "\n" for one in records), "utf-8")
        return manifest

    return make
