"""Every kind of encoder by name: built from options, saved to a folder, loaded from there.

An encoder's folder holds encoder.json {"modality", "kind", "dimension", "options"}, model.safetensors, and the
assets of its kind: a tokeniser, an ONNX graph, the configuration of a transformers model.
"""

import importlib
import inspect
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from training.errors import TrainingError
from training.files import whole, write_whole
from training.networks.encoder import ModalityEncoder

ENCODER_FILE = "encoder.json"
WEIGHTS_FILE = "model.safetensors"

# Named and imported when asked for: transformers and onnx take seconds, and are extras.
_KINDS: Mapping[tuple[str, str], str] = {
    ("text", "bag_of_words"): "training.networks.bag_of_words:BagOfWordsEncoder",
    ("text", "word_vectors"): "training.networks.word_vectors:WordVectorsEncoder",
    ("text", "transformer"): "training.networks.text:TextEncoder",
    ("text", "pretrained"): "training.networks.pretrained_text:PretrainedTextEncoder",
    ("text", "clip"): "training.networks.clip:ClipTextEncoder",
    ("image", "cnn"): "training.networks.image:ImageEncoder",
    ("image", "onnx"): "training.networks.onnx_image:OnnxImageEncoder",
    ("image", "pretrained"): "training.networks.pretrained_image:PretrainedImageEncoder",
    ("image", "clip"): "training.networks.clip:ClipImageEncoder",
    ("audio", "mfcc"): "training.networks.audio:AudioEncoder",
    ("audio", "onnx"): "training.networks.onnx_audio:OnnxAudioEncoder",
    ("audio", "clap"): "training.networks.clip:ClapAudioEncoder",
}


def kinds(modality: str) -> tuple[str, ...]:
    """Return the names of the kinds of encoder that *modality* has."""
    return tuple(kind for owner, kind in _KINDS if owner == modality)


def build_encoder(
    modality: str,
    kind: str,
    dimension: int,
    options: Mapping[str, Any] | None = None,
    *,
    corpus: Sequence[str] = (),
) -> ModalityEncoder:
    """Make a new encoder.

    Args:
        modality: "text", "image" or "audio".
        kind: one of `kinds(modality)`.
        dimension: of the shared space.
        options: of the kind; see docs/training/encoders.md.
        corpus: texts to learn a vocabulary from, for text kinds that need one.

    Raises:
        TrainingError: there is no such kind or option, or a file named in the options cannot be used.
    """
    encoder_class = _class(modality, kind)
    if dimension < 1:
        raise TrainingError(f"the dimension of the space must be at least 1, not {dimension}")
    try:
        return encoder_class.build(dimension, dict(options or {}), corpus)
    except TypeError as error:
        raise TrainingError(f"{modality} encoder {kind}: {error}; {_known(encoder_class)}") from error


def save_encoder(encoder: ModalityEncoder, folder: Path, *, half: bool = False) -> None:
    """Write *encoder* to *folder*, each file whole or not at all; *half* stores fractions as float16.

    Raises:
        TrainingError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    encoder.save_assets(folder)
    tensors = {
        name: tensor.to("cpu", torch.float16 if half and tensor.is_floating_point() else None).contiguous()
        for name, tensor in encoder.stored_weights().items()
    }
    with whole(folder / WEIGHTS_FILE) as partial:
        # Copies, since safetensors refuses tensors that share memory.
        save_file({name: tensor.clone() for name, tensor in tensors.items()}, partial)
    # Last: a folder with this file is a whole one.
    write_description(encoder, folder)


def write_description(encoder: ModalityEncoder, folder: Path) -> None:
    """Write encoder.json to *folder*, which holds weights and assets already."""
    described = {
        "modality": encoder.modality,
        "kind": encoder.kind,
        "dimension": encoder.dimension,
        "options": encoder.options(),
    }
    write_whole(folder / ENCODER_FILE, (json.dumps(described, indent=2, ensure_ascii=False) + "\n").encode())


def load_encoder(folder: Path) -> ModalityEncoder:
    """Read the encoder saved in *folder*, set to evaluation.

    Raises:
        TrainingError: a file is missing, broken, or does not fit the others.
    """
    path = folder / ENCODER_FILE
    try:
        described = json.loads(path.read_text("utf-8"))
        modality, kind, dimension, options = (
            described[key] for key in ("modality", "kind", "dimension", "options")
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} does not describe an encoder: {error!r}") from error
    try:
        encoder = _class(modality, kind).restore(dimension, options, folder)
    except TypeError as error:
        raise TrainingError(f"{path}: {error}") from error
    _load_weights(encoder, folder / WEIGHTS_FILE)
    return encoder.eval()


def _load_weights(encoder: ModalityEncoder, path: Path) -> None:
    try:
        weights = load_file(path)
        missing, unexpected = encoder.load_state_dict(weights, strict=False)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise TrainingError(f"{path} does not hold the encoder's weights: {error}") from error
    wrong = sorted({*unexpected, *(set(missing) & set(encoder.stored_weights()))})
    if wrong:
        raise TrainingError(
            f"{path} does not hold the encoder's weights: {', '.join(wrong[:3])} does not fit"
        )


def _class(modality: str, kind: str) -> type[ModalityEncoder]:
    place = _KINDS.get((modality, kind))
    if place is None:
        known = ", ".join(f"{owner} {name}" for owner, name in _KINDS)
        raise TrainingError(f"there is no {modality} encoder of kind {kind!r}; known are: {known}")
    module, _, name = place.partition(":")
    try:
        found: type[ModalityEncoder] = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise TrainingError(
            f"the {modality} encoder {kind} needs the package {error.name}: pip install 'triptych[pretrained]'"
        ) from error
    return found


def _known(encoder_class: type[ModalityEncoder]) -> str:
    names = [name for name in inspect.signature(encoder_class).parameters if name != "dimension"]
    return f"its options are: {', '.join(names) or 'none'}"
