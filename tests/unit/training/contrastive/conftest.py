"""Small real data and small real encoders: shapes in four colours, with texts."""

import json

import numpy as np
import pytest
from PIL import Image

from training.contrastive.recipe_file import parse_recipe
from training.data.records import read_dataset

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220), "yellow": (230, 220, 30)}
SHAPES = ("disc", "bar", "frame")
SIDE = 24


@pytest.fixture(autouse=True)
def _quick(one_thread):
    """Small networks are slower on two threads."""


def drawn(colour, shape, rng):
    """Return a picture uint8 [24, 24, 3]."""
    pixels = np.full((SIDE, SIDE, 3), 255 - rng.integers(0, 30), np.uint8)
    y, x = np.mgrid[:SIDE, :SIDE]
    down, right = abs(y - rng.integers(10, 14)), abs(x - rng.integers(10, 14))
    mask = {"disc": down**2 + right**2 < 40, "bar": down < 3, "frame": (np.maximum(down, right) // 2) == 4}
    pixels[mask[shape]] = COLOURS[colour]
    return pixels


def write_data(folder, count=48, **every):
    """Write a manifest of *count* shapes; a seventh have no text. *every* replaces fields of all lines."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    lines = []
    for at in range(count):
        colour, shape = list(COLOURS)[at % 4], SHAPES[at // 4 % 3]
        Image.fromarray(drawn(colour, shape, rng)).save(folder / f"{at}.png")
        line = {
            "id": f"p{at}",
            "text": None if at % 7 == 6 else f"a {colour} {shape}",
            "image": f"{at}.png",
            "label": f"{colour} {shape}",
            "attributes": {"colour": colour, "shape": shape},
            "split": "dev" if at % 4 == at // 12 % 4 else "train",
        }
        lines.append({key: value for key, value in (line | every).items() if value is not None})
    manifest = folder / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return manifest


@pytest.fixture(scope="session")
def manifest(tmp_path_factory):
    """Return the manifest of 48 shapes, 12 of them dev."""
    return write_data(tmp_path_factory.mktemp("shapes"))


@pytest.fixture(scope="session")
def dataset(manifest):
    """Return the data of the manifest."""
    return read_dataset(manifest)


def small(**changes):
    """Return a recipe that trains in a second; *changes* are merged into its sections."""
    values = {
        "dimension": 16,
        "workers": 2,
        "text": {"kind": "bag_of_words", "options": {"buckets": 256, "width": 16}, "augment": {"drop": 0.2}},
        "image": {
            "kind": "cnn",
            "options": {"height": SIDE, "width": SIDE, "channels": [8, 8, 16], "blocks": [1, 1]},
            "augment": True,
            "learning_rate": 4e-3,
        },
        "optimiser": {"steps": 12, "batch": 12},
        "watch": {"evaluate_every_steps": 4, "checkpoint_every_steps": 3, "patience": None},
        "fusion": {"steps": 4, "batch": 12, "rank": 8, "width": 16, "layers": 1, "heads": 2},
    }
    for name, change in changes.items():
        is_section = isinstance(change, dict) and isinstance(values.get(name), dict)
        values[name] = values[name] | change if is_section else change
    return parse_recipe({name: value for name, value in values.items() if value is not None})


@pytest.fixture
def recipe():
    """Return what makes small recipes."""
    return small
