"""Any vision model of the transformers library that lies in a folder, pooled, with a head."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor
from transformers import AutoModel

from training.errors import TrainingError
from training.networks.picture_encoder import PictureEncoder, picture_options
from training.networks.picture_input import PictureInput
from training.networks.transformers_folder import (
    BACKBONE,
    load_backbone,
    load_config,
    local_folder,
    save_files,
)
from training.networks.transformers_pictures import read_picture_input

_POOLINGS = ("pooler", "cls", "mean")


class PretrainedImageEncoder(PictureEncoder):
    """A ViT, DINOv2, ConvNeXt, ResNet ... somebody trained.

    Options for a new one: `path`, a folder; `pooling`: "pooler" (the model's own), "cls" or "mean"; `head` (see
    `make_head`); `frozen`, true unless said otherwise; and the fields of PictureInput where the folder's own
    preparation shall not count.
    """

    kind = "pretrained"
    requires = ("transformers",)

    def __init__(
        self,
        dimension: int,
        backbone: Any,
        taken: PictureInput,
        pooling: str,
        head: str | None = None,
        frozen: bool = True,
    ) -> None:
        if pooling not in _POOLINGS:
            raise TrainingError(f"pooling is one of {', '.join(_POOLINGS)}, not {pooling!r}")
        super().__init__(dimension, _width(backbone, taken, pooling), taken, head, frozen)
        self._options["pooling"] = pooling
        self.backbone = backbone
        if frozen:
            self.freeze_backbone()

    @classmethod
    def build(cls, dimension: int, options: Mapping[str, Any], corpus: Sequence[str]) -> Self:  # noqa: ARG003
        """Make a new encoder on the model in the folder `path`."""
        own, chosen = picture_options(options)
        path = chosen.pop("path", None)
        if path is None:
            raise TrainingError("the image encoder pretrained needs the option path: a folder")
        folder = local_folder(path)
        backbone, missing = load_backbone(folder)
        taken = PictureInput(**(read_picture_input(folder).options() | own))
        # A pooler that nobody trained says nothing: those of masked autoencoders are made up when loading.
        made_up = any("pooler" in name for name in missing)
        chosen.setdefault("pooling", "cls" if made_up or not _has_pooler(backbone, taken) else "pooler")
        return cls(dimension, backbone, taken, **chosen)

    @classmethod
    def restore(cls, dimension: int, options: Mapping[str, Any], folder: Path) -> Self:
        """Make the encoder of the configuration in *folder*."""
        own, chosen = picture_options(options)
        backbone = AutoModel.from_config(load_config(local_folder(folder / BACKBONE)))
        return cls(dimension, backbone, PictureInput(**own), **chosen)

    def features(self, pictures: Tensor) -> Tensor:
        """Return pooled features [B, W] of pictures [B, H, W, 3]."""
        return _pooled(self.backbone(self.taken.normalised(pictures, self.dtype)), self._options["pooling"])

    def save_assets(self, folder: Path) -> None:
        """Write the configuration."""
        save_files(folder, self.backbone.config.save_pretrained)


def _pooled(output: Any, pooling: str) -> Tensor:
    if pooling == "pooler":
        pooled: Tensor = output.pooler_output
        return pooled.flatten(1)
    states: Tensor = output.last_hidden_state
    if states.dim() == 4:
        return states.mean((2, 3))
    return states[:, 0] if pooling == "cls" else states.mean(1)


@torch.no_grad()
def _try(backbone: Any, taken: PictureInput) -> Any:
    picture = torch.zeros(1, taken.height, taken.width, 3, dtype=torch.uint8)
    try:
        return backbone.eval()(taken.normalised(picture, torch.float32))
    except Exception as error:
        raise TrainingError(f"{type(backbone).__name__} takes no pictures of this size: {error}") from error


def _has_pooler(backbone: Any, taken: PictureInput) -> bool:
    return getattr(_try(backbone, taken), "pooler_output", None) is not None


def _width(backbone: Any, taken: PictureInput, pooling: str) -> int:
    return _pooled(_try(backbone, taken), pooling).shape[1]
