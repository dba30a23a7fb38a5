"""Any text model of the transformers library that lies in a folder, pooled, with a head."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from torch import Tensor
from transformers import AutoModel

from training.errors import TrainingError
from training.networks.blocks import unit
from training.networks.encoder import ModalityEncoder
from training.networks.heads import make_head
from training.networks.sentence_transformers_folder import MINILM, minilm_folder, read_pooling
from training.networks.transformers_folder import (
    BACKBONE,
    load_backbone,
    load_config,
    load_tokeniser,
    local_folder,
    save_files,
)

_POOLINGS = ("mean", "cls")
_CHARACTERS_PER_TOKEN = 4
_TOKENS_MAX = 512


class PretrainedTextEncoder(ModalityEncoder):
    """A transformer somebody trained, mean or CLS pooled.

    Options for a new one: `path`, a folder or "minilm" for all-MiniLM-L6-v2 from its package; and `pooling`,
    `normalise`, `tokens_max` where the folder's own configuration shall not count; `head` (see `make_head`; "none"
    where the sizes are equal, else "linear"); `frozen`, true unless said otherwise.
    """

    modality = "text"
    kind = "pretrained"
    requires = ("transformers",)

    def __init__(
        self,
        dimension: int,
        backbone: Any,
        tokeniser: Any,
        pooling: str = "mean",
        normalise: bool = False,
        tokens_max: int = _TOKENS_MAX,
        head: str | None = None,
        frozen: bool = True,
    ) -> None:
        super().__init__(dimension)
        if pooling not in _POOLINGS:
            raise TrainingError(f"pooling is one of {', '.join(_POOLINGS)}, not {pooling!r}")
        width = backbone.config.hidden_size
        head = head or ("none" if width == dimension else "linear")
        self._options: dict[str, Any] = {
            "pooling": pooling, "normalise": normalise, "tokens_max": tokens_max, "head": head, "frozen": frozen,
        }  # fmt: skip
        self.tokeniser = tokeniser
        self.backbone = backbone
        self.out = make_head(head, width, dimension)
        if frozen:
            self.freeze_backbone()

    @classmethod
    def build(cls, dimension: int, options: Mapping[str, Any], corpus: Sequence[str]) -> Self:  # noqa: ARG003
        """Make a new encoder on the model in the folder `path`."""
        chosen = dict(options)
        path = chosen.pop("path", None)
        if path is None:
            raise TrainingError("the text encoder pretrained needs the option path: a folder, or minilm")
        folder = minilm_folder() if path == MINILM else local_folder(path)
        backbone, _ = load_backbone(folder)
        if backbone.config.is_encoder_decoder:
            raise TrainingError(f"{folder} holds an encoder with a decoder; an encoder alone is needed")
        tokeniser, said = load_tokeniser(folder), read_pooling(folder)
        longest = min(said.tokens_max or _TOKENS_MAX, tokens_known(backbone.config, tokeniser))
        found: dict[str, Any] = {"pooling": said.kind, "normalise": said.normalise, "tokens_max": longest}
        return cls(dimension, backbone, tokeniser, **(found | chosen))

    @classmethod
    def restore(cls, dimension: int, options: Mapping[str, Any], folder: Path) -> Self:
        """Make the encoder of the configuration and tokeniser in *folder*."""
        saved = local_folder(folder / BACKBONE)
        return cls(dimension, AutoModel.from_config(load_config(saved)), load_tokeniser(saved), **options)

    def prepare(self, raw: Sequence[str]) -> tuple[Tensor, ...]:
        """Return token ids int64 [B, T] and which are present, int64 [B, T]."""
        tokens = self.tokeniser(
            list(raw),
            padding=True,
            truncation=True,
            max_length=self._options["tokens_max"],
            return_tensors="pt",
        )
        return tokens["input_ids"].to(self.device), tokens["attention_mask"].to(self.device)

    def features(self, tokens: Tensor, present: Tensor) -> Tensor:
        """Return pooled hidden states [B, W]."""
        states: Tensor = self.backbone(input_ids=tokens, attention_mask=present).last_hidden_state
        if self._options["pooling"] == "cls":
            pooled = states[:, 0]
        else:
            mask = present[..., None].to(states.dtype)
            pooled = (states * mask).sum(1) / mask.sum(1).clamp_min(1)
        return unit(pooled) if self._options["normalise"] else pooled

    def options(self) -> dict[str, Any]:
        """Return how tokens are pooled and what follows."""
        return dict(self._options)

    def facts(self) -> dict[str, str]:
        """Return about how much of a text is read."""
        return {"characters_max": str(_CHARACTERS_PER_TOKEN * self._options["tokens_max"])}

    def save_assets(self, folder: Path) -> None:
        """Write the configuration and the tokeniser."""
        save_files(folder, self.backbone.config.save_pretrained, self.tokeniser.save_pretrained)


def tokens_known(config: Any, tokeniser: Any) -> int:
    """Return the most tokens that the model has positions for."""
    positions = int(getattr(config, "max_position_embeddings", _TOKENS_MAX) or _TOKENS_MAX)
    # RoBERTa counts its positions from behind the padding token.
    if (
        getattr(config, "position_embedding_type", "absolute") == "absolute"
        and "roberta" in config.model_type
    ):
        positions -= int(config.pad_token_id) + 1
    return min(positions, int(tokeniser.model_max_length), _TOKENS_MAX)
