"""ONNX graphs as torch modules that run, and can be trained, like any other."""

import importlib.util
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import external_data_helper
from torch import Tensor, nn

from training.errors import TrainingError
from training.files import write_whole
from training.networks.encoder import ModalityEncoder

GRAPH_FILE = "backbone.onnx"
_PICTURE_AXES = 4


class OnnxBackbone(nn.Module):
    """One output of a graph with one input.

    Args:
        path: the .onnx file; its weights must be inside.
        output: name of the output; empty takes the first of shape [batch, features].

    Raises:
        TrainingError: the file is no graph, or one that cannot be converted.
    """

    def __init__(self, path: Path, output: str = "") -> None:
        super().__init__()
        model = read_graph(path)
        # The bytes, to be saved again: what is trained afterwards stands in the state dict.
        self.content = model.SerializeToString()
        initialised = {tensor.name for tensor in model.graph.initializer}
        inputs = [entry for entry in model.graph.input if entry.name not in initialised]
        if len(inputs) != 1:
            raise TrainingError(f"{path} has {len(inputs)} inputs; an encoder's backbone has one")
        self.input_shape = _shape(inputs[0])
        shapes = {entry.name: _shape(entry) for entry in model.graph.output}
        self.output = output or next((name for name, shape in shapes.items() if len(shape) == 2), "")
        if self.output not in shapes:
            raise TrainingError(
                f"{path} has no output {output or 'of two axes'!r}; there are {', '.join(shapes)}"
            )
        self.place = list(shapes).index(self.output)
        # Convolutions over pictures are twice as fast on a processor when the channels lie together.
        # torch's own types do not know this argument of nn.Module.to.
        self.graph = _converted(model, path).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, values: Tensor) -> Tensor:
        """Return the features [B, F] of the graph's input."""
        if values.ndim == _PICTURE_AXES:
            values = values.contiguous(memory_format=torch.channels_last)
        outputs = self.graph(values)
        chosen: Tensor = outputs if isinstance(outputs, Tensor) else outputs[self.place]
        return chosen

    @torch.no_grad()
    def width(self, shape: tuple[int, ...]) -> int:
        """Return F for an input of *shape*.

        Raises:
            TrainingError: the graph takes no such input.
        """
        try:
            return int(self(torch.zeros(shape)).shape[1])
        except Exception as error:
            raise TrainingError(f"the ONNX graph takes no input of shape {list(shape)}: {error}") from error

    def freeze_first(self, count: int) -> None:
        """Let no gradient reach the first *count* parts of the graph that have weights.

        Raises:
            TrainingError: that leaves nothing to learn.
        """
        weighted = [part for part in self.graph.children() if any(True for _ in part.parameters())]
        if not 0 <= count <= max(0, len(weighted) - 1):
            raise TrainingError(
                f"frozen_layers is {count}; the graph has {len(weighted)} layers, and one must learn"
            )
        for part in weighted[:count]:
            part.requires_grad_(requires_grad=False)

    def save(self, folder: Path) -> None:
        """Write the graph."""
        write_whole(folder / GRAPH_FILE, self.content)


def check_trainable(backbone: OnnxBackbone) -> None:
    """Check that training through *backbone* would change something.

    Raises:
        TrainingError: its weights are constants of the graph, outside of layers.
    """
    if not any(True for _ in backbone.parameters()):
        raise TrainingError("the ONNX graph has no layer that can be trained; leave it frozen")


def beside_graph(encoder: ModalityEncoder) -> dict[str, Tensor]:
    """Return the tensors of *encoder* that its graph's file does not already hold: all, once training is allowed."""
    tensors = encoder.state_dict()
    return {
        name: tensor
        for name, tensor in tensors.items()
        if not (encoder.frozen and name.startswith("backbone."))
    }


def read_graph(path: Path) -> Any:
    """Return the model in *path*, checked.

    Raises:
        TrainingError: it cannot be read, or keeps weights in other files.
    """
    try:
        model = onnx.load(path, load_external_data=False)
    except Exception as error:
        # protobuf raises errors of its own.
        raise TrainingError(
            f"{path} is no ONNX model: {(str(error) or repr(error)).splitlines()[0]}"
        ) from error
    if any(map(external_data_helper.uses_external_data, model.graph.initializer)):
        raise TrainingError(f"{path} keeps weights in other files; save it as one file")
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise TrainingError(f"{path} is no sound ONNX model: {str(error).splitlines()[0]}") from error
    return model


def _converted(model: Any, path: Path) -> nn.Module:
    with _stand_in_for_torchvision():
        from onnx2torch import convert  # not without the stand-in

    try:
        graph: nn.Module = convert(model)
    except Exception as error:
        raise TrainingError(f"{path} has an operation that cannot be converted: {error}") from error
    return graph


@contextmanager
def _stand_in_for_torchvision() -> Iterator[None]:
    """Let onnx2torch be imported without torchvision, which it needs for two operations of object detectors.

    The stand-in goes at once: others ask whether torchvision is there.
    """
    if "torchvision" in sys.modules or importlib.util.find_spec("torchvision") is not None:
        yield
        return
    package, operations = types.ModuleType("torchvision"), types.ModuleType("torchvision.ops")
    operations.roi_align = None  # type: ignore[attr-defined]
    package.ops = operations  # type: ignore[attr-defined]
    sys.modules.update({"torchvision": package, "torchvision.ops": operations})
    try:
        yield
    finally:
        del sys.modules["torchvision"], sys.modules["torchvision.ops"]


def _shape(entry: Any) -> tuple[int, ...]:
    """Return the axes of a tensor; 0 where any size goes."""
    return tuple(axis.dim_value for axis in entry.type.tensor_type.shape.dim)
