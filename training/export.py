"""Write a trained pack as a Triton model repository: `python -m training.export [--folder …] [--to …]`.

Weights as float16 safetensors, the tokeniser, every config.pbtxt, and a model card with figures and checksums.
Each file is replaced whole, so that a server which reads the repository never sees half a file.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.model_card import model_card
from training.networks.encoder import ModalityEncoder
from training.networks.registry import WEIGHTS_FILE, save_encoder
from training.pack import LANGUAGES, PACK, VERSION, Pack, load_pack
from training.packs.fusion import save_fusion
from training.packs.seal import Facts, models_in, seal
from training.triton_config import VERSION_FOLDER, write_encoder, write_fusion
from triptych.packs.files import checksums_of
from triptych.packs.pack import CARD_FILE

LICENCE = "Apache-2.0"
REQUIRES = ("torch", "safetensors", "tokenizers")
# What a shopper does most: type.
HEADLINE = "text_en in fused"


def export(folder: Path, repository: Path) -> None:
    """Write the pack trained in *folder* to *repository*."""
    pack = load_pack(folder)
    for modality, encoder in encoders(pack).items():
        model = repository / f"{modality}_encoder"
        write_encoder(model, encoder, pack=PACK, version=VERSION, languages=LANGUAGES)
        save_encoder(encoder, model / VERSION_FOLDER, half=True)
    write_fusion(repository / "fusion", pack.fusion.dimension, pack=PACK, version=VERSION)
    save_fusion(pack.fusion, repository / "fusion" / VERSION_FOLDER, half=True)
    write_papers(
        repository,
        figures=json.loads((folder / "dev.json").read_text()),
        recipe=json.loads((folder / "recipe.json").read_text()),
    )


def write_papers(repository: Path, figures: Mapping[str, float], recipe: Mapping[str, Any]) -> None:
    """Write the card and pack.json of what lies in *repository*, models of other makers included."""
    models = models_in(repository)
    facts = Facts(
        name=PACK,
        version=VERSION,
        licence=LICENCE,
        languages=LANGUAGES,
        models=models,
        requires=(*REQUIRES, *(("pocketsphinx",) if "transcriber" in models else ())),
        figures={HEADLINE: figures[HEADLINE], **figures},
        recipe=dict(recipe),
    )
    checksums = {path: digest for path, digest in checksums_of(repository).items() if path != CARD_FILE}
    seal(repository, facts, card_text=model_card(models, figures, recipe, checksums))


def encoders(pack: Pack) -> Mapping[str, ModalityEncoder]:
    """Return the encoders by modality."""
    return {"text": pack.text, "image": pack.image, "audio": pack.audio}


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
