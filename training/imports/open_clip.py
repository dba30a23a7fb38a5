"""OpenCLIP's vision transformers as encoders, read without the library, which draws in torchvision.

A folder as OpenCLIP publishes it: open_clip_config.json, open_clip_model.safetensors, and the tokeniser's files. The
network is that of the first CLIP, whose weights have other names and shapes in transformers.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import CLIPConfig, CLIPModel

from training.errors import TrainingError
from training.imports.open_clip_weights import renamed
from training.networks.clip import ClipImageEncoder, ClipTextEncoder
from training.networks.clip_towers import take_tower
from training.networks.encoder import ModalityEncoder
from training.networks.picture_input import PictureInput
from training.networks.transformers_folder import load_tokeniser

CONFIG_FILE = "open_clip_config.json"
WEIGHTS_FILE = "open_clip_model.safetensors"
_HEAD_WIDTH = 64
_MEAN = (0.48145466, 0.4578275, 0.40821073)
_STD = (0.26862954, 0.26130258, 0.27577711)
_RESIZES = {"shortest": "crop", "squash": "squash"}
_FILTERS = {"bicubic": "", "bilinear": "_bilinear"}
# Whatever else a configuration says makes another network.
_MODEL = {"embed_dim", "vision_cfg", "text_cfg", "quick_gelu"}
_VISION = {"image_size", "layers", "width", "patch_size", "head_width", "mlp_ratio"}
_TEXT = {"context_length", "vocab_size", "width", "heads", "layers"}


def import_encoders(source: Path) -> Mapping[str, ModalityEncoder]:
    """Return the encoders of texts and pictures of the model in the folder *source*.

    Raises:
        TrainingError: it holds no OpenCLIP model, or one of another architecture than the plain vision transformer.
    """
    config = _read(source)
    model, preparation = config["model_cfg"], config.get("preprocess_cfg", {})
    _check(source, "model_cfg", model, _MODEL)
    _check(source, "vision_cfg", model["vision_cfg"], _VISION)
    _check(source, "text_cfg", model["text_cfg"], _TEXT)
    tokeniser = load_tokeniser(source)
    whole = CLIPModel(_clip_config(model, tokeniser.eos_token_id))
    try:
        whole.load_state_dict(renamed(load_file(source / WEIGHTS_FILE)))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise TrainingError(f"{source / WEIGHTS_FILE} does not hold the model's weights: {error}") from error
    text, image = (take_tower(whole, modality) for modality in ("text", "image"))
    taken = _picture_input(source, model["vision_cfg"]["image_size"], preparation)
    return {
        "text": ClipTextEncoder(text.width, text, whole.config, tokeniser).eval(),
        "image": ClipImageEncoder(image.width, image, whole.config, taken).eval(),
    }


def _read(source: Path) -> dict[str, Any]:
    path = source / CONFIG_FILE
    try:
        config: dict[str, Any] = json.loads(path.read_text("utf-8"))
        config["model_cfg"]["vision_cfg"]["image_size"], config["model_cfg"]["text_cfg"]["width"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} describes no OpenCLIP model: {error!r}") from error
    return config


def _check(source: Path, name: str, values: Mapping[str, Any], known: set[str]) -> None:
    strange = sorted(values.keys() - known)
    if strange or not isinstance(values.get("layers", 0), int):
        raise TrainingError(
            f"{source / CONFIG_FILE} describes another network than CLIP's vision transformer: {name} has "
            f"{strange[0] if strange else 'layers of a ResNet'}"
        )


def _clip_config(model: Mapping[str, Any], end: int) -> CLIPConfig:
    seen, read = model["vision_cfg"], model["text_cfg"]
    common = {"hidden_act": "quick_gelu" if model.get("quick_gelu") else "gelu", "layer_norm_eps": 1e-5}
    vision = {
        "hidden_size": seen["width"],
        "intermediate_size": int(seen["width"] * seen.get("mlp_ratio", 4.0)),
        "num_hidden_layers": seen["layers"],
        "num_attention_heads": seen["width"] // seen.get("head_width", _HEAD_WIDTH),
        "image_size": seen["image_size"],
        "patch_size": seen["patch_size"],
    }
    text = {
        "hidden_size": read["width"],
        "intermediate_size": 4 * read["width"],
        "num_hidden_layers": read["layers"],
        "num_attention_heads": read["heads"],
        "max_position_embeddings": read["context_length"],
        "vocab_size": read["vocab_size"],
        "eos_token_id": end,
    }
    return CLIPConfig(
        text_config=text | common, vision_config=vision | common, projection_dim=model["embed_dim"]
    )


def _picture_input(source: Path, side: int, preparation: Mapping[str, Any]) -> PictureInput:
    resize = _RESIZES.get(preparation.get("resize_mode", "shortest"))
    suffix = _FILTERS.get(preparation.get("interpolation", "bicubic"))
    if resize is None or suffix is None:
        raise TrainingError(
            f"{source / CONFIG_FILE} prepares pictures in a way that the encoder service cannot"
        )
    mean, std = preparation.get("mean", _MEAN), preparation.get("std", _STD)
    return PictureInput(side, side, f"{resize}{suffix}", tuple(mean), tuple(std))
