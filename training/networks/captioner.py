"""Any image-to-text model of the transformers library that lies in a folder, such as BLIP or GIT."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from transformers import AutoModelForImageTextToText

from training.errors import TrainingError
from training.networks.picture_input import PictureInput
from training.networks.transformers_folder import (
    BACKBONE,
    load_tokeniser,
    local_folder,
    save_files,
)
from training.networks.transformers_pictures import read_picture_input

PIECES_MAX = 32


class Captioner(nn.Module):
    """Pictures [B, H, W, 3] uint8 to sentences, the likeliest piece after piece (greedy)."""

    def __init__(self, model: Any, tokeniser: Any, taken: PictureInput, pieces_max: int = PIECES_MAX) -> None:
        super().__init__()
        self.model = model
        self.tokeniser = tokeniser
        self.taken = taken
        self.pieces_max = pieces_max

    @classmethod
    def from_folder(cls, path: str | Path, pieces_max: int = PIECES_MAX) -> Self:
        """Read the model in a folder of transformers.

        Raises:
            TrainingError: it holds no model that puts pictures into words, or nothing says how pictures are prepared.
        """
        folder = local_folder(path)
        return cls(_loaded(folder), load_tokeniser(folder), read_picture_input(folder), pieces_max)

    @classmethod
    def restore(cls, folder: Path, options: dict[str, Any]) -> Self:
        """Read what `save` wrote to *folder* beside *options*."""
        inside = folder / BACKBONE
        taken = PictureInput(**options["taken"])
        return cls(_loaded(inside), load_tokeniser(inside), taken, options["pieces_max"])

    def options(self) -> dict[str, Any]:
        """Return, as JSON, what makes this captioner again beside its files."""
        return {"taken": self.taken.options(), "pieces_max": self.pieces_max}

    def save(self, folder: Path) -> None:
        """Write model and tokeniser, each file whole or not at all."""
        save_files(folder, self.model.save_pretrained, self.tokeniser.save_pretrained)

    @torch.inference_mode()
    def caption(self, pictures: Tensor) -> tuple[Sequence[str], Tensor]:
        """Return a sentence for each picture, and how sure the model is [B]: the geometric mean of its choices."""
        pixels = self.taken.normalised(pictures, next(self.model.parameters()).dtype)
        made = self.model.generate(
            pixel_values=pixels,
            max_new_tokens=self.pieces_max,
            do_sample=False,
            num_beams=1,
            return_dict_in_generate=True,
            output_scores=True,
        )
        chosen = self.model.compute_transition_scores(made.sequences, made.scores, normalize_logits=True)
        # What follows the end of a sentence is padding, which was not chosen.
        counts = (made.sequences[:, -chosen.shape[1] :] != _padding(self.model)).float()
        log_mean = (chosen.float() * counts).sum(1) / counts.sum(1).clamp_min(1)
        texts = self.tokeniser.batch_decode(made.sequences, skip_special_tokens=True)
        return [text.strip() for text in texts], log_mean.exp()


def _loaded(folder: Path) -> Any:
    if not any(folder.glob("*.safetensors")):
        raise TrainingError(
            f"{folder} has no .safetensors; other files of weights can run code and are not read"
        )
    try:
        return AutoModelForImageTextToText.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
        ).eval()
    except Exception as error:
        # The library raises OSError, ValueError, KeyError, RuntimeError and more.
        line = (str(error).strip() or repr(error)).splitlines()[0]
        raise TrainingError(f"{folder} holds no model that puts pictures into words: {line}") from error


def _padding(model: Any) -> int:
    padding = model.generation_config.pad_token_id
    return -1 if padding is None else int(padding)
