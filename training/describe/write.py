"""Write a describer as a Triton model: our own beside its pack's image encoder, or a captioner of transformers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import save_file
from tokenizers import Tokenizer

from training.describe.sentences import BEGIN, END
from training.files import whole, write_whole
from training.networks.describer import Describer
from training.networks.encoder import ModalityEncoder
from training.triton_config import VERSION_FOLDER, ModelConfig, write_model
from training.triton_config import Tensor as Slot

if TYPE_CHECKING:
    # transformers takes seconds to import, and our own describer does without.
    from training.networks.captioner import Captioner

MODEL = "describer"
# Beside what every pack needs.
REQUIRES = {"catalogue": ("tokenizers",), "captioner": ("transformers",)}
DESCRIBER_FILE = "describer.json"
TOKENISER_FILE = "tokenizer.json"
WEIGHTS_FILE = "model.safetensors"


def write_describer(
    folder: Path,
    describer: Describer,
    tokeniser: Tokenizer,
    image: ModalityEncoder,
    *,
    pack: str,
    version: str,
    languages: str = "en",
) -> None:
    """Write the model's folder. It is served beside "image_encoder", by which *image* is served in the same pack.

    Raises:
        TrainingError: a file cannot be written.
    """
    inside = folder / VERSION_FOLDER
    facts = {"pack": pack, "version": version, "languages": languages}
    write_model(folder, _config("describer", facts, image.facts()))
    with whole(inside / WEIGHTS_FILE) as partial:
        tensors = {name: value.half().contiguous() for name, value in describer.state_dict().items()}
        save_file(tensors, partial)
    write_whole(inside / TOKENISER_FILE, tokeniser.to_str().encode())
    _write_described(inside, {"shape": describer.shape.as_options(), "begin": BEGIN, "end": END})


def write_captioner(
    folder: Path, captioner: "Captioner", *, pack: str, version: str, languages: str = "en"
) -> None:
    """Write the model's folder; nothing else of the pack is needed.

    Raises:
        TrainingError: a file cannot be written.
    """
    facts = {"pack": pack, "version": version, "languages": languages}
    write_model(folder, _config("captioner", facts, captioner.taken.facts()))
    captioner.save(folder / VERSION_FOLDER)
    _write_described(folder / VERSION_FOLDER, captioner.options())


def _config(serving: str, facts: Mapping[str, str], picture: Mapping[str, str]) -> ModelConfig:
    return ModelConfig(
        name=MODEL,
        serving=serving,
        purpose="pictures to sentences",
        inputs=(Slot("IMAGE", "UINT8", (int(picture["height"]), int(picture["width"]), 3)),),
        outputs=(Slot("TEXT", "STRING", (1,)), Slot("CONFIDENCE", "FP32", (1,))),
        parameters={**facts, **picture},
        # Sentences are long work: one is enough to find out that everything is in place.
        warm_batches=(1,),
    )


def _write_described(folder: Path, described: Mapping[str, Any]) -> None:
    write_whole(folder / DESCRIBER_FILE, (json.dumps(described, indent=2) + "\n").encode())
