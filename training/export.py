"""Write a trained pack as a Triton model repository: `python -m training.export [--folder …] [--to …]`.

Weights as float16 safetensors, the tokeniser, every config.pbtxt, and a model card with figures and checksums.
Each file is replaced whole, so that a server which reads the repository never sees half a file.
"""

import argparse
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from torch import nn

from training.model_card import model_card
from training.pack import TOKENISER_FILE, Pack, load_pack, save_weights
from training.triton_config import INPUTS, WARM_VALUES, config

WEIGHTS_FILE = "model.safetensors"
CARD_FILE = "MODEL_CARD.md"
VERSION_FOLDER = "1"


def export(folder: Path, repository: Path) -> None:
    """Write the pack trained in *folder* to *repository*; the models' model.py files stay as they are."""
    pack = load_pack(folder)
    for model, network in networks(pack).items():
        (repository / model / VERSION_FOLDER).mkdir(parents=True, exist_ok=True)
        save_weights(repository / model / VERSION_FOLDER / WEIGHTS_FILE, network, half=True)
        _replace(repository / model / "config.pbtxt", config(model).encode())
        _write_warm_up(repository / model, model)
    tokeniser = (folder / TOKENISER_FILE).read_bytes()
    _replace(repository / "text_encoder" / VERSION_FOLDER / TOKENISER_FILE, tokeniser)
    figures = json.loads((folder / "dev.json").read_text())
    recipe = json.loads((folder / "recipe.json").read_text())
    card = model_card(networks(pack), figures, recipe, checksums(repository))
    _replace(repository / CARD_FILE, card.encode())


def networks(pack: Pack) -> Mapping[str, nn.Module]:
    """Return the network behind each Triton model."""
    return {
        "text_encoder": pack.text,
        "image_encoder": pack.image,
        "audio_encoder": pack.audio,
        "fusion": pack.fusion,
    }


def checksums(repository: Path) -> dict[str, str]:
    """Return SHA-256 by path of everything that training has made."""
    made = [*repository.glob(f"*/*/{WEIGHTS_FILE}"), *repository.glob(f"*/*/{TOKENISER_FILE}")]
    return {
        str(path.relative_to(repository)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(made)
    }


def _write_warm_up(folder: Path, model: str) -> None:
    for entry in INPUTS[model]:
        if entry.name in WARM_VALUES:
            (folder / "warmup").mkdir(exist_ok=True)
            _replace(folder / "warmup" / entry.name, WARM_VALUES[entry.name].tobytes())


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    partial.replace(path)


def main() -> None:
    """Export and say what was written."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("var/train-demo"), help="where training has written"
    )
    parser.add_argument(
        "--to", type=Path, default=Path("triton/model_repository"), help="the model repository"
    )
    arguments = parser.parse_args()
    export(arguments.folder, arguments.to)
    for path in sorted(arguments.to.glob(f"*/*/{WEIGHTS_FILE}")):
        print(f"{path}  {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
