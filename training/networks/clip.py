"""Encoders over one tower each of CLIP, SigLIP and CLAP models that lie in a folder.

Without a head (the default where the dimension is the model's own) vectors are exactly the model's, so texts,
pictures and sounds of one model share its space. Options for a new one: `path`, a folder; `head` (see `make_head`);
`frozen`, true unless said otherwise.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from training.errors import TrainingError
from training.networks.clap_sound import ClapSound, read_clap_sound
from training.networks.clip_towers import Tower, build_tower, take_tower
from training.networks.encoder import ModalityEncoder
from training.networks.heads import make_head
from training.networks.picture_encoder import PictureEncoder, picture_options
from training.networks.picture_input import PictureInput
from training.networks.pretrained_text import tokens_known
from training.networks.transformers_folder import (
    BACKBONE,
    load_backbone,
    load_config,
    load_tokeniser,
    local_folder,
    save_files,
)
from training.networks.transformers_pictures import read_picture_input

_CHARACTERS_PER_TOKEN = 4


class ClipTextEncoder(ModalityEncoder):
    """The text tower of a CLIP, SigLIP or CLAP."""

    modality = "text"
    kind = "clip"
    requires = ("transformers",)

    def __init__(
        self,
        dimension: int,
        backbone: Tower,
        config: Any,
        tokeniser: Any,
        head: str | None = None,
        frozen: bool = True,
    ) -> None:
        super().__init__(dimension)
        self.config, self.tokeniser, self.backbone = config, tokeniser, backbone
        self._options: dict[str, Any] = {"head": head or _default_head(backbone, dimension), "frozen": frozen}
        self._tokens_max = tokens_known(config.text_config, tokeniser)
        # SigLIP was trained on texts filled up to the full length, and looks at what fills them.
        self._padding = "max_length" if config.model_type == "siglip" else "longest"
        self.out = make_head(self._options["head"], backbone.width, dimension)
        if frozen:
            self.freeze_backbone()

    @classmethod
    def build(cls, dimension: int, options: Mapping[str, Any], corpus: Sequence[str]) -> Self:  # noqa: ARG003
        """Make an encoder on the text tower of the model in the folder `path`."""
        folder, chosen = _path(options)
        return cls(dimension, *_load(folder, cls.modality), load_tokeniser(folder), **chosen)

    @classmethod
    def restore(cls, dimension: int, options: Mapping[str, Any], folder: Path) -> Self:
        """Make the encoder of the configuration and tokeniser in *folder*."""
        saved = local_folder(folder / BACKBONE)
        config = load_config(saved)
        return cls(dimension, build_tower(config, cls.modality), config, load_tokeniser(saved), **options)

    def prepare(self, raw: Sequence[str]) -> tuple[Tensor, ...]:
        """Return token ids int64 [B, T] and which are attended to, int64 [B, T]."""
        tokens = self.tokeniser(
            list(raw),
            padding=self._padding,
            truncation=True,
            max_length=self._tokens_max,
            return_tensors="pt",
        )
        ids = tokens["input_ids"].to(self.device)
        return ids, tokens["attention_mask"].to(
            self.device
        ) if "attention_mask" in tokens else torch.ones_like(ids)

    def features(self, tokens: Tensor, present: Tensor) -> Tensor:
        """Return the tower's projection [B, W]."""
        projected: Tensor = self.backbone(input_ids=tokens, attention_mask=present)
        return projected

    def options(self) -> dict[str, Any]:
        """Return the head."""
        return dict(self._options)

    def facts(self) -> dict[str, str]:
        """Return about how much of a text is read."""
        return {"characters_max": str(_CHARACTERS_PER_TOKEN * self._tokens_max)}

    def save_assets(self, folder: Path) -> None:
        """Write the configuration and the tokeniser."""
        save_files(folder, self.config.save_pretrained, self.tokeniser.save_pretrained)


class ClipImageEncoder(PictureEncoder):
    """The image tower of a CLIP or SigLIP; fields of PictureInput in the options replace the folder's."""

    kind = "clip"
    requires = ("transformers",)

    def __init__(
        self,
        dimension: int,
        backbone: Tower,
        config: Any,
        taken: PictureInput,
        head: str | None = None,
        frozen: bool = True,
    ) -> None:
        super().__init__(dimension, backbone.width, taken, head, frozen)
        self.config, self.backbone = config, backbone
        if frozen:
            self.freeze_backbone()

    @classmethod
    def build(cls, dimension: int, options: Mapping[str, Any], corpus: Sequence[str]) -> Self:  # noqa: ARG003
        """Make an encoder on the image tower of the model in the folder `path`."""
        own, rest = picture_options(options)
        folder, chosen = _path(rest)
        taken = PictureInput(**(read_picture_input(folder).options() | own))
        return cls(dimension, *_load(folder, cls.modality), taken, **chosen)

    @classmethod
    def restore(cls, dimension: int, options: Mapping[str, Any], folder: Path) -> Self:
        """Make the encoder of the configuration in *folder*."""
        own, chosen = picture_options(options)
        config = load_config(local_folder(folder / BACKBONE))
        return cls(dimension, build_tower(config, cls.modality), config, PictureInput(**own), **chosen)

    def features(self, pictures: Tensor) -> Tensor:
        """Return the tower's projection [B, W] of pictures [B, H, W, 3]."""
        projected: Tensor = self.backbone(pixel_values=self.taken.normalised(pictures, self.dtype))
        return projected

    def save_assets(self, folder: Path) -> None:
        """Write the configuration."""
        save_files(folder, self.config.save_pretrained)


class ClapAudioEncoder(ModalityEncoder):
    """The audio tower of a CLAP."""

    modality = "audio"
    kind = "clap"
    requires = ("transformers",)

    def __init__(
        self,
        dimension: int,
        backbone: Tower,
        config: Any,
        taken: ClapSound,
        head: str | None = None,
        frozen: bool = True,
    ) -> None:
        super().__init__(dimension)
        self.config, self.backbone, self.taken = config, backbone, taken
        self._options: dict[str, Any] = {"head": head or _default_head(backbone, dimension), "frozen": frozen}
        self.out = make_head(self._options["head"], backbone.width, dimension)
        if frozen:
            self.freeze_backbone()

    @classmethod
    def build(cls, dimension: int, options: Mapping[str, Any], corpus: Sequence[str]) -> Self:  # noqa: ARG003
        """Make an encoder on the audio tower of the model in the folder `path`."""
        folder, chosen = _path(options)
        return cls(dimension, *_load(folder, cls.modality), read_clap_sound(folder), **chosen)

    @classmethod
    def restore(cls, dimension: int, options: Mapping[str, Any], folder: Path) -> Self:
        """Make the encoder of the configuration in *folder*."""
        config = load_config(local_folder(folder / BACKBONE))
        chosen = {name: options[name] for name in ("head", "frozen")}
        taken = ClapSound(**{name: value for name, value in options.items() if name not in chosen})
        return cls(dimension, build_tower(config, cls.modality), config, taken, **chosen)

    def prepare(self, raw: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
        """Return log-mel spectrograms float32 [B, 1 or 4, T, mels]."""
        waveform, samples = (tensor.to(self.device) for tensor in raw)
        return (self.taken.log_mel(waveform, samples),)

    def features(self, spectrograms: Tensor) -> Tensor:
        """Return the tower's projection [B, W]."""
        # As transformers calls it for one short sound: a model with fusion then looks at all four views.
        longer = torch.ones(len(spectrograms), 1, dtype=torch.bool, device=spectrograms.device)
        projected: Tensor = self.backbone(input_features=spectrograms.to(self.dtype), is_longer=longer)
        return projected

    def options(self) -> dict[str, Any]:
        """Return the head and the front end."""
        return {**self._options, **self.taken.options()}

    def facts(self) -> dict[str, str]:
        """Return the rate and the longest sound."""
        return {
            "sample_rate_hz": str(self.taken.sample_rate_hz),
            "seconds_max": f"{self.taken.seconds_max:g}",
        }

    def save_assets(self, folder: Path) -> None:
        """Write the configuration."""
        save_files(folder, self.config.save_pretrained)


def _path(options: Mapping[str, Any]) -> tuple[Path, dict[str, Any]]:
    chosen = dict(options)
    path = chosen.pop("path", None)
    if path is None:
        raise TrainingError("this encoder needs the option path: a folder of a CLIP, SigLIP or CLAP model")
    return local_folder(path), chosen


def _load(folder: Path, modality: str) -> tuple[Tower, Any]:
    whole, _ = load_backbone(folder)
    return take_tower(whole, modality), whole.config


def _default_head(backbone: Tower, dimension: int) -> str:
    return "none" if backbone.width == dimension else "linear"
