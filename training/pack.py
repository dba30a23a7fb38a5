"""The demonstration pack in memory: the tokeniser and the four networks."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import nn

from training.files import whole
from training.networks.audio import AudioEncoder, compact_audio_encoder
from training.networks.fusion import FusionHeads, compact_fusion_heads
from training.networks.image import ImageEncoder, compact_image_encoder
from training.networks.text import TOKENISER_FILE, TextEncoder, compact_text_encoder
from training.networks.tokeniser import load_tokeniser

PACK = "triptych-demo"
VERSION = "1"
LANGUAGES = ("en", "zh")

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Pack:
    """Everything that turns texts, pictures and sounds into vectors of one space, and mixes them."""

    tokeniser: Tokenizer
    text: TextEncoder
    image: ImageEncoder
    audio: AudioEncoder
    fusion: FusionHeads


def weights_file(folder: Path, stage: str) -> Path:
    """Return where a stage ("text", "image", "audio", "fusion") keeps its weights."""
    return folder / f"{stage}.safetensors"


def save_weights(path: Path, network: nn.Module, *, half: bool = False) -> None:
    """Write weights, whole or not at all; *half* stores fractions as float16."""
    tensors = {
        name: value.to(torch.float16 if half and value.is_floating_point() else value.dtype).contiguous()
        for name, value in network.state_dict().items()
    }
    with whole(path) as partial:
        save_file(tensors, partial)


def load_pack(folder: Path) -> Pack:
    """Read what the stages have saved in *folder*, ready to encode."""
    tokeniser = load_tokeniser(folder / TOKENISER_FILE)
    return Pack(
        tokeniser=tokeniser,
        text=load_weights(folder, "text", compact_text_encoder(tokeniser)),
        image=load_weights(folder, "image", compact_image_encoder()),
        audio=load_weights(folder, "audio", compact_audio_encoder()),
        fusion=load_weights(folder, "fusion", compact_fusion_heads()),
    )


def load_weights(folder: Path, stage: str, network: Network) -> Network:
    """Fill a network with the weights of its stage and set it to inference."""
    network.load_state_dict(load_file(weights_file(folder, stage)))
    network.eval()
    return network
