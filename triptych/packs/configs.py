"""What the models' own configurations say, against what the pack says."""

from collections.abc import Mapping
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from triptych.packs.code import check_runtime
from triptych.packs.pack import ENCODERS, Pack, PackError

CONFIG_FILE = "config.pbtxt"

# What Triton's inputs and outputs are called; a model with others cannot be called by the rooms.
TENSORS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "text_encoder": (frozenset({"TEXT"}), frozenset({"VECTOR"})),
    "image_encoder": (frozenset({"IMAGE"}), frozenset({"VECTOR"})),
    "audio_encoder": (frozenset({"WAVEFORM", "SAMPLES"}), frozenset({"VECTOR"})),
    "fusion": (frozenset({"VECTORS", "WEIGHTS", "MODALITIES", "STRATEGY"}), frozenset({"VECTOR"})),
    "ranker": (frozenset({"FEATURES", "STRATEGY"}), frozenset({"SCORE"})),
    "describer": (frozenset({"IMAGE"}), frozenset({"TEXT", "CONFIDENCE"})),
    "transcriber": (frozenset({"WAVEFORM", "SAMPLES"}), frozenset({"TEXT", "CONFIDENCE", "SLOTS"})),
}
_KINDS = {model: modality for modality, model in ENCODERS.items()} | {"fusion": "fused"}


def read_config(folder: Path) -> "model_config_pb2.ModelConfig":
    """Return the configuration of the model in *folder*.

    Raises:
        PackError: it cannot be read.
    """
    path = folder / CONFIG_FILE
    try:
        return text_format.Parse(path.read_text(encoding="utf-8"), model_config_pb2.ModelConfig())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise PackError(f"{path} cannot be read: {error}") from error


def check_model(pack: Pack, model: str) -> None:
    """Check that *model* belongs to *pack*: its name, its version, its tensors, its space and dimension.

    Raises:
        PackError: it does not, or could run code of its own.
    """
    config = read_config(pack.folder / model)
    check_runtime(config, pack.folder / model / CONFIG_FILE)
    facts = {name: value.string_value for name, value in config.parameters.items()}
    _expect(pack, model, "name", config.name, model)
    _expect(pack, model, "pack", facts.get("pack", ""), pack.name)
    _expect(pack, model, "version", facts.get("version", ""), pack.version)
    inputs, outputs = TENSORS[model]
    _expect(pack, model, "inputs", {tensor.name for tensor in config.input}, inputs)
    _expect(pack, model, "outputs", {tensor.name for tensor in config.output}, outputs)
    if model in _KINDS:
        _expect(pack, model, "space", facts.get("space", ""), f"{pack.id}/{_KINDS[model]}")
        _expect(pack, model, "dimension", facts.get("dimension", ""), str(pack.dimension))
        _expect(pack, model, "size of VECTOR", list(config.output[0].dims), [pack.dimension])


def _expect(pack: Pack, model: str, what: str, actual: object, expected: object) -> None:
    if actual != expected:
        raise PackError(
            f"{model}/config.pbtxt does not fit pack {pack.id}: its {what} is {_said(actual)}, not {_said(expected)}"
        )


def _said(value: object) -> str:
    return ", ".join(sorted(map(str, value))) if isinstance(value, set | frozenset) else repr(value)
