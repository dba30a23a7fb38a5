"""Triton's model configurations, with every fact that a service needs to know about a model.

`write_encoder`, `write_fusion` and, for any other model, `write_model` leave config.pbtxt, the values of the
warm-up and the two lines of model.py in the model's folder; weights and assets are the network's own business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.files import write_whole
from training.networks.encoder import ModalityEncoder
from training.networks.fusion import MODALITIES, PARTS_MAX

BATCH_MAX = 64
# Requests that arrive while a batch is computed form the next one: waiting for more only adds latency.
QUEUE_DELAY_US = 0
VERSION_FOLDER = "1"
_WARM_BATCHES = (1, 8)
_MODEL = '''"""Triton: {purpose}."""

from training.serving.{module} import TritonPythonModel

__all__ = ["TritonPythonModel"]
'''
_PURPOSES = {
    "text": "texts to unit vectors",
    "image": "pictures to unit vectors",
    "audio": "waveforms to unit vectors",
    "fusion": "several weighted vectors to one",
}


@dataclass(frozen=True)
class Tensor:
    """One input or output of a model.

    Args:
        name: such as "IMAGE".
        kind: Triton's type without TYPE_, such as "FP32".
        shape: without the batch axis; -1 where any size goes.
        warm: the value of the warm-up requests where zeros would be an error, or where *shape* has a -1.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    warm: NDArray[Any] | None = None


@dataclass(frozen=True)
class ModelConfig:
    """What stands in a config.pbtxt.

    Args:
        name: of the model, which is its folder's.
        serving: the module of training/serving/ whose TritonPythonModel serves it.
        purpose: half a sentence for the head of model.py.
        parameters: facts for the services, beside pack and version.
        warm_batches: how many rows the warm-up requests have.
        instances: processes that run the model, each with the model in its memory.
    """

    name: str
    serving: str
    purpose: str
    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]
    parameters: Mapping[str, str]
    batch_max: int = BATCH_MAX
    warm_batches: Sequence[int] = field(default=_WARM_BATCHES)
    instances: int = 1


def write_encoder(
    folder: Path, encoder: ModalityEncoder, *, pack: str, version: str, languages: Sequence[str] = ()
) -> None:
    """Write all but weights and assets of *encoder*'s model to *folder*."""
    write_model(folder, encoder_config(encoder, pack=pack, version=version, languages=languages))


def write_fusion(folder: Path, dimension: int, *, pack: str, version: str) -> None:
    """Write all but the weights of the fusion model to *folder*."""
    write_model(folder, fusion_config(dimension, pack=pack, version=version))


def write_model(folder: Path, config: ModelConfig) -> None:
    """Write config.pbtxt, the values of the warm-up, and model.py to *folder*."""
    (folder / VERSION_FOLDER).mkdir(parents=True, exist_ok=True)
    model = _MODEL.format(purpose=config.purpose, module=config.serving)
    write_whole(folder / VERSION_FOLDER / "model.py", model.encode())
    for entry in config.inputs:
        if _from_file(entry):
            (folder / "warmup").mkdir(exist_ok=True)
            write_whole(folder / "warmup" / entry.name, np.ascontiguousarray(entry.warm).tobytes())
    write_whole(folder / "config.pbtxt", config_text(config).encode())


def encoder_config(
    encoder: ModalityEncoder, *, pack: str, version: str, languages: Sequence[str] = ()
) -> ModelConfig:
    """Return the configuration of an encoder's model; *languages* such as "en" are those it was trained on."""
    modality, facts = encoder.modality, encoder.facts()
    inputs = {"text": _text_inputs, "image": _image_inputs, "audio": _audio_inputs}[modality](facts)
    spoken = {} if modality == "image" else {"languages": ",".join(languages)}
    return ModelConfig(
        name=f"{modality}_encoder",
        serving=modality,
        purpose=_PURPOSES[modality],
        inputs=inputs,
        outputs=(Tensor("VECTOR", "FP32", (encoder.dimension,)),),
        parameters=_identity(pack, version, modality, encoder.dimension) | spoken | facts,
    )


def fusion_config(dimension: int, *, pack: str, version: str) -> ModelConfig:
    """Return the configuration of the fusion model."""
    own = {
        "modalities": ",".join(MODALITIES),
        "parts_max": str(PARTS_MAX),
        "strategies": "concatenation=1,bilinear=3,learned=4",
    }
    return ModelConfig(
        name="fusion",
        serving="fusion",
        purpose=_PURPOSES["fusion"],
        inputs=(
            Tensor("VECTORS", "FP32", (PARTS_MAX, dimension)),
            Tensor("WEIGHTS", "FP32", (PARTS_MAX,), np.eye(1, PARTS_MAX, dtype=np.float32)[0]),
            Tensor("MODALITIES", "INT32", (PARTS_MAX,)),
            Tensor("STRATEGY", "INT32", (1,), np.array([4], np.int32)),
        ),
        outputs=(Tensor("VECTOR", "FP32", (dimension,)),),
        parameters=_identity(pack, version, "fused", dimension) | own,
    )


def _identity(pack: str, version: str, kind: str, dimension: int) -> dict[str, str]:
    return {
        "pack": pack,
        "version": version,
        "space": f"{pack}-{version}/{kind}",
        "dimension": str(dimension),
        "unit_length": "true",
    }


def _text_inputs(_: Mapping[str, str]) -> tuple[Tensor, ...]:
    return (Tensor("TEXT", "STRING", (1,)),)


def _image_inputs(facts: Mapping[str, str]) -> tuple[Tensor, ...]:
    return (Tensor("IMAGE", "UINT8", (int(facts["height"]), int(facts["width"]), 3)),)


def _audio_inputs(facts: Mapping[str, str]) -> tuple[Tensor, ...]:
    second = int(facts["sample_rate_hz"])
    return (
        Tensor("WAVEFORM", "FP32", (-1,), np.zeros(second, np.float32)),
        Tensor("SAMPLES", "INT32", (1,), np.array([second], np.int32)),
    )


def config_text(config: ModelConfig) -> str:
    """Return the text of config.pbtxt; instances go to the GPU where there is one, else to the CPU."""
    blocks = [
        f'name: "{config.name}"\nbackend: "python"\nmax_batch_size: {config.batch_max}',
        *(_tensor("input", entry) for entry in config.inputs),
        *(_tensor("output", entry) for entry in config.outputs),
        f"dynamic_batching {{ max_queue_delay_microseconds: {QUEUE_DELAY_US} }}",
        f"instance_group [ {{ count: {config.instances}, kind: KIND_AUTO }} ]",
        *(_warm_up(config.inputs, batch) for batch in config.warm_batches),
        *(
            f'parameters {{ key: "{key}" value: {{ string_value: "{_escaped(value)}" }} }}'
            for key, value in config.parameters.items()
        ),
    ]
    return "\n".join(blocks) + "\n"


def _tensor(role: str, entry: Tensor) -> str:
    return f'{role} [ {{ name: "{entry.name}", data_type: TYPE_{entry.kind}, dims: {list(entry.shape)} }} ]'


def _warm_up(inputs: Sequence[Tensor], batch: int) -> str:
    entries = "\n".join(f"  inputs {{ {_warm_input(entry)} }}" for entry in inputs)
    return f'model_warmup [ {{\n  name: "batch of {batch}"\n  batch_size: {batch}\n{entries}\n}} ]'


def _warm_input(entry: Tensor) -> str:
    data = f'input_data_file: "{entry.name}"' if _from_file(entry) else "zero_data: true"
    shape = list(entry.shape if entry.warm is None else entry.warm.shape)
    return f'key: "{entry.name}" value: {{ data_type: TYPE_{entry.kind}, dims: {shape}, {data} }}'


def _from_file(entry: Tensor) -> bool:
    return entry.warm is not None and bool(entry.warm.any())


def _escaped(value: str) -> str:
    """Return *value* as it stands between the quotes of the text format."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
