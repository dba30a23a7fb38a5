"""What every encoder is: one modality in, unit vectors of the shared space out.

    vectors = encoder.encode(raw)                                  # all at once, for use
    prepared = encoder.prepare(raw)                                # no gradient, on the encoder's device
    vectors = encoder.project(encoder.features(*prepared))         # step by step, for training

A trainer may compute the features of a *frozen* encoder once and train `project` alone.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from training.errors import TrainingError
from training.networks.blocks import unit


class ModalityEncoder(nn.Module):
    """Base of all encoders. A subclass sets `out`, the head: features [B, F] to [B, dimension].

    What *raw* is, by modality:
        text: a sequence of str.
        image: a uint8 tensor [B, H, W, 3], RGB, of the height and width in `facts`.
        audio: (waveforms float32 [B, S] in [-1, 1] at the rate in `facts`, valid samples int [B]); the rest zero.
    """

    modality: ClassVar[str]
    kind: ClassVar[str]
    requires: ClassVar[tuple[str, ...]] = ()
    """The packages, beside torch and safetensors, without which it cannot be loaded, by the names they install as."""
    out: nn.Module
    frozen: bool = False
    """Whether `features` needs no gradient."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.dimension = dimension

    @classmethod
    def build(cls, dimension: int, options: Mapping[str, Any], corpus: Sequence[str]) -> Self:  # noqa: ARG003 - the base's
        """Make a new encoder; *corpus* are texts for kinds that learn their vocabulary from them."""
        return cls(dimension, **options)

    @classmethod
    def restore(cls, dimension: int, options: Mapping[str, Any], folder: Path) -> Self:  # noqa: ARG003 - the base's
        """Make the encoder that `options` and `save_assets` described, its weights still to be loaded."""
        return cls(dimension, **options)

    def prepare(self, raw: Any) -> tuple[Tensor, ...]:
        """Return what `features` takes, batch axis first, on the encoder's device; exact in any precision."""
        raise NotImplementedError

    def features(self, *prepared: Any, **_: Any) -> Tensor:
        """Return the backbone's features [B, F] of what `prepare` returned; subclasses name the tensors."""
        raise NotImplementedError

    def project(self, features: Tensor) -> Tensor:
        """Return unit vectors [B, dimension] of features [B, F]."""
        return unit(self.out(features))

    def forward(self, *prepared: Tensor) -> Tensor:
        """Return unit vectors [B, dimension] of what `prepare` returned."""
        return self.project(self.features(*prepared))

    def encode(self, raw: Any) -> Tensor:
        """Return unit vectors [B, dimension] of *raw*."""
        vectors: Tensor = self(*self.prepare(raw))
        return vectors

    def options(self) -> dict[str, Any]:
        """Return, as JSON, what builds this encoder again beside its assets."""
        raise NotImplementedError

    def facts(self) -> dict[str, str]:
        """Return what a service must know, as `parameters` of config.pbtxt."""
        raise NotImplementedError

    def take_pictures_of(self, height: int, width: int) -> None:  # noqa: ARG002 - the base's
        """Take pictures of another size from now on.

        Raises:
            TrainingError: this kind takes pictures of the size that it was made for, or none.
        """
        raise TrainingError(f"the {self.modality} encoder {self.kind} cannot take pictures of another size")

    def save_assets(self, folder: Path) -> None:
        """Write the files that the encoder needs beside its weights: a tokeniser, a graph, a configuration."""

    def stored_weights(self) -> dict[str, Tensor]:
        """Return the tensors for model.safetensors: all, but those that an asset already holds."""
        return self.state_dict()

    def train(self, mode: bool = True) -> Self:
        """Switch dropout and running statistics on or off; a frozen backbone stays in evaluation."""
        super().train(mode)
        if self.frozen:
            for name, part in self.named_children():
                part.train(mode and name == "out")
        return self

    def freeze_backbone(self) -> None:
        """Let no gradient reach anything but the head."""
        self.frozen = True
        for name, part in self.named_children():
            if name != "out":
                part.requires_grad_(requires_grad=False)
        self.train(self.training)

    @property
    def device(self) -> torch.device:
        """Where the encoder is."""
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """The precision of its weights: float32, or float16 on a GPU."""
        return next(self.parameters()).dtype
