"""Encoders made elsewhere, from folders on this machine.

encoders = import_encoders(Path("clip-vit-base-patch32"), "transformers")
encoders["text"].encode(["red mug"])      # what CLIPModel.get_text_features says, at length 1
"""

import importlib
from collections.abc import Mapping
from pathlib import Path

from training.errors import TrainingError
from training.networks.encoder import ModalityEncoder

_KINDS = {
    "transformers": "training.imports.transformers",
    "open_clip": "training.imports.open_clip",
    "onnx": "training.imports.onnx",
}
KINDS = tuple(_KINDS)


def import_encoders(source: Path, kind: str) -> Mapping[str, ModalityEncoder]:
    """Return the encoders by modality that *source* holds, all of one space, ready for `write_pack`.

    Args:
        source: a folder, or for "onnx" also a file.
        kind: one of KINDS.

    Raises:
        TrainingError: the kind is unknown or not to be had here, or *source* holds nothing of it.
    """
    place = _KINDS.get(kind)
    if place is None:
        raise TrainingError(f"there is no import {kind!r}; known are: {', '.join(KINDS)}")
    try:
        module = importlib.import_module(place)
    except ModuleNotFoundError as error:
        raise TrainingError(
            f"the import {kind} needs the package {error.name}: pip install 'triptych[pretrained]'"
        ) from error
    encoders: Mapping[str, ModalityEncoder] = module.import_encoders(source)
    return encoders
