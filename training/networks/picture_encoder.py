"""The base of image encoders over a backbone that somebody trained."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from torch import Tensor

from training.networks.encoder import ModalityEncoder
from training.networks.heads import make_head
from training.networks.picture_input import PictureInput

_INPUT = frozenset(field.name for field in fields(PictureInput))


class PictureEncoder(ModalityEncoder):
    """Normalises pixels inside, so that services send plain uint8 pictures."""

    modality = "image"

    def __init__(
        self, dimension: int, width: int, taken: PictureInput, head: str | None = None, frozen: bool = True
    ) -> None:
        super().__init__(dimension)
        head = head or ("none" if width == dimension else "linear")
        self.taken = taken
        self._facts = taken.facts()
        self._options: dict[str, Any] = {"head": head, "frozen": frozen}
        self.out = make_head(head, width, dimension)

    def prepare(self, raw: Tensor) -> tuple[Tensor, ...]:
        """Return the uint8 pictures [B, H, W, 3] themselves."""
        return (raw.to(self.device),)

    def options(self) -> dict[str, Any]:
        """Return the head, and what pictures and pixels become."""
        return {**self._options, **self.taken.options()}

    def facts(self) -> dict[str, str]:
        """Return the size of pictures and how they come to it."""
        return self._facts


def picture_options(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return those of *options* that are fields of PictureInput, and the others."""
    taken = {name: value for name, value in options.items() if name in _INPUT}
    return taken, {name: value for name, value in options.items() if name not in _INPUT}
