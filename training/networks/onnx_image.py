"""An image encoder over any ONNX backbone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from training.errors import TrainingError
from training.networks.colour import COLOUR_FEATURES, colour_features
from training.networks.onnx_backbone import GRAPH_FILE, OnnxBackbone, beside_graph, check_trainable
from training.networks.picture_encoder import PictureEncoder, picture_options
from training.networks.picture_input import PictureInput

_CHANNELS = 3
_SIDE = 224


class OnnxImageEncoder(PictureEncoder):
    """A graph from float pictures, channels first or last, to features.

    Options for a new one: `path` of the .onnx file; the fields of PictureInput (sizes stand in most graphs; ImageNet's
    mean and deviation unless said otherwise); `output`, the name of the output; `head` (see `make_head`); `frozen`,
    true unless said otherwise; `frozen_layers`, how many layers at the graph's start learn nothing while the others do
    (they are general, and the most work); `colour`, whether features of colour stand beside the graph's (see `colour_features`).
    """

    kind = "onnx"
    requires = ("onnx", "onnx2torch")

    def __init__(
        self,
        dimension: int,
        path: Path,
        taken: PictureInput,
        output: str = "",
        head: str | None = None,
        frozen: bool = True,
        frozen_layers: int = 0,
        colour: bool = False,
    ) -> None:
        backbone = OnnxBackbone(path, output)
        last = backbone.input_shape[-1:] == (_CHANNELS,)
        shape = _shape(taken.height, taken.width, channels_last=last)
        width = backbone.width(shape) + (COLOUR_FEATURES if colour else 0)
        super().__init__(dimension, width, taken, head, frozen)
        self._options |= {"output": backbone.output, "frozen_layers": frozen_layers, "colour": colour}
        self._colour = colour
        self._channels_last = last
        self.backbone = backbone
        if frozen:
            self.freeze_backbone()
        else:
            check_trainable(backbone)
            backbone.freeze_first(frozen_layers)

    def take_pictures_of(self, height: int, width: int) -> None:
        """Take pictures of another size from now on, if the graph does.

        Raises:
            TrainingError: the graph has one size.
        """
        self.backbone.width(_shape(height, width, channels_last=self._channels_last))
        self.taken = replace(self.taken, height=height, width=width)
        self._facts = self.taken.facts()

    @classmethod
    def build(cls, dimension: int, options: Mapping[str, Any], corpus: Sequence[str]) -> Self:  # noqa: ARG003
        """Make a new encoder on the graph in the file `path`."""
        own, chosen = picture_options(options)
        path = chosen.pop("path", None)
        if path is None:
            raise TrainingError("the image encoder onnx needs the option path: an .onnx file")
        height, width = _sides(OnnxBackbone(Path(path), chosen.get("output", "")).input_shape)
        return cls(
            dimension, Path(path), PictureInput(**({"height": height, "width": width} | own)), **chosen
        )

    @classmethod
    def restore(cls, dimension: int, options: Mapping[str, Any], folder: Path) -> Self:
        """Make the encoder of the graph in *folder*."""
        own, chosen = picture_options(options)
        return cls(dimension, folder / GRAPH_FILE, PictureInput(**own), **chosen)

    def features(self, pictures: Tensor) -> Tensor:
        """Return the graph's features [B, F] of pictures [B, H, W, 3], those of colour behind them."""
        values = self.taken.normalised(pictures, self.dtype)
        features: Tensor = self.backbone(values.permute(0, 2, 3, 1) if self._channels_last else values)
        return torch.cat([features, colour_features(pictures).to(features)], 1) if self._colour else features

    def save_assets(self, folder: Path) -> None:
        """Write the graph."""
        self.backbone.save(folder)

    def stored_weights(self) -> dict[str, Tensor]:
        """Return the head's tensors, and the backbone's where training may have changed them."""
        return beside_graph(self)


def _sides(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return height and width that a graph names, 224 where it takes any."""
    if len(shape) != 4:
        raise TrainingError(f"the ONNX graph's input has {len(shape)} axes; pictures come in 4")
    height, width = shape[1:3] if shape[-1] == _CHANNELS else shape[2:4]
    return height or _SIDE, width or _SIDE


def _shape(height: int, width: int, *, channels_last: bool) -> tuple[int, ...]:
    return (1, height, width, _CHANNELS) if channels_last else (1, _CHANNELS, height, width)
