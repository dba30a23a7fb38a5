"""A small pack made by hand, and ways to break it."""

import json

from triptych.packs.files import checksums_of

CONFIG = """
name: "{model}"
backend: "python"
max_batch_size: 4
{inputs}
output [ {{ name: "VECTOR", data_type: TYPE_FP32, dims: [{dimension}] }} ]
parameters {{ key: "pack" value: {{ string_value: "{pack}" }} }}
parameters {{ key: "version" value: {{ string_value: "{version}" }} }}
parameters {{ key: "space" value: {{ string_value: "{pack}-{version}/{kind}" }} }}
parameters {{ key: "dimension" value: {{ string_value: "{dimension}" }} }}
"""
MODEL_PY = '"""Triton: texts to unit vectors."""\n\nfrom training.serving.text import TritonPythonModel\n'
INPUTS = {
    "text_encoder": 'input [ { name: "TEXT", data_type: TYPE_STRING, dims: [1] } ]',
    "image_encoder": 'input [ { name: "IMAGE", data_type: TYPE_UINT8, dims: [8, 8, 3] } ]',
}


def seal(folder, **facts):
    """Write pack.json with right checksums; *facts* replace what it says."""
    content = {
        "format": 1,
        "name": "shop",
        "version": "1",
        "licence": "Apache-2.0",
        "languages": ["en"],
        "dimension": 8,
        "modalities": ["image", "text"],
        "models": {model: {"kind": "cnn", "parameters": 3} for model in INPUTS},
        "requires": ["numpy"],
        "figures": {"R@1": 0.5},
        "recipe": {"seed": 1},
        "checksums": checksums_of(folder),
    }
    (folder / "pack.json").write_text(json.dumps(content | facts))


def make_pack(folder, pack="shop", version="1", dimension=8):
    """Write a whole small pack."""
    for model, inputs in INPUTS.items():
        (folder / model / "1").mkdir(parents=True)
        (folder / model / "1" / "model.py").write_text(MODEL_PY)
        (folder / model / "1" / "model.safetensors").write_bytes(b"weights of " + model.encode())
        kind = model.removesuffix("_encoder")
        config = CONFIG.format(
            model=model, inputs=inputs, pack=pack, version=version, kind=kind, dimension=dimension
        )
        (folder / model / "config.pbtxt").write_text(config)
    (folder / "MODEL_CARD.md").write_text("# shop 1\n")
    seal(folder, name=pack, version=version, dimension=dimension)
    return folder
