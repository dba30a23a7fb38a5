"""ONNX backbones as encoders without a head: each makes vectors of its own, unit, as they come."""

from collections.abc import Mapping
from pathlib import Path

from training.errors import TrainingError
from training.networks.encoder import ModalityEncoder
from training.networks.onnx_backbone import OnnxBackbone
from training.networks.registry import build_encoder

_PICTURE_AXES = 4
_WAVEFORM_AXES = 2


def import_encoders(source: Path) -> Mapping[str, ModalityEncoder]:
    """Return the encoder of the .onnx file *source*, or those of all .onnx files in the folder *source*.

    A graph over [batch, 3, height, width] (or channels last) encodes pictures, by ImageNet's normalisation; one over
    [batch, samples] sound of 16 kHz. Whether several files share a space is for whoever put them together to know.

    Raises:
        TrainingError: there is no such file, two are of one modality, or their dimensions differ.
    """
    files = sorted(source.glob("*.onnx")) if source.is_dir() else [source]
    if not files or not files[0].is_file():
        raise TrainingError(f"{source} is no .onnx file and no folder with one")
    encoders: dict[str, ModalityEncoder] = {}
    for path in files:
        encoder = _encoder(path)
        if encoder.modality in encoders:
            raise TrainingError(f"{source} holds two encoders of {encoder.modality}, such as {path.name}")
        encoders[encoder.modality] = encoder.eval()
    dimensions = {modality: encoder.dimension for modality, encoder in encoders.items()}
    if len(set(dimensions.values())) > 1:
        raise TrainingError(f"{source} holds encoders of different spaces: {dimensions}")
    return encoders


def _encoder(path: Path) -> ModalityEncoder:
    backbone = OnnxBackbone(path)
    shape = backbone.input_shape
    modality = {_PICTURE_AXES: "image", _WAVEFORM_AXES: "audio"}.get(len(shape))
    if modality is None:
        raise TrainingError(f"{path} takes an input of {len(shape)} axes; pictures have 4, waveforms 2")
    tried = tuple(axis or default for axis, default in zip(shape, (1, 3, 224, 224), strict=False))
    return build_encoder(
        modality, "onnx", backbone.width((1, *tried[1:])), {"path": str(path), "head": "none"}
    )
