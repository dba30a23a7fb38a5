"""Triton's model configurations of a pack, with every fact that a service needs to know about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.networks.audio import SECONDS_MAX
from training.networks.blocks import DIMENSION
from training.networks.fusion import MODALITIES, PARTS_MAX
from training.networks.image import HEIGHT, WIDTH
from training.networks.mfcc import SAMPLE_RATE_HZ

PACK = "triptych-demo"
VERSION = "1"
LANGUAGES = ("en", "zh")
CHARACTERS_MAX = 512
BATCH_MAX = 64
# Requests that arrive while a batch is computed form the next one: waiting for more only adds latency.
QUEUE_DELAY_US = 0
_SAMPLES_WARM = SAMPLE_RATE_HZ


@dataclass(frozen=True)
class Input:
    """One input tensor of a model; *warm* is its shape in the warm-up requests, where -1 stands in *shape*."""

    name: str
    kind: str
    shape: tuple[int, ...]
    warm: tuple[int, ...] = ()


INPUTS: Mapping[str, Sequence[Input]] = {
    "text_encoder": (Input("TEXT", "STRING", (1,)),),
    "image_encoder": (Input("IMAGE", "UINT8", (HEIGHT, WIDTH, 3)),),
    "audio_encoder": (
        Input("WAVEFORM", "FP32", (-1,), (_SAMPLES_WARM,)),
        Input("SAMPLES", "INT32", (1,)),
    ),
    "fusion": (
        Input("VECTORS", "FP32", (PARTS_MAX, DIMENSION)),
        Input("WEIGHTS", "FP32", (PARTS_MAX,)),
        Input("MODALITIES", "INT32", (PARTS_MAX,)),
        Input("STRATEGY", "INT32", (1,)),
    ),
}

# Inputs for which zeros would be an error; the files lie in the model's folder warmup/.
WARM_VALUES: Mapping[str, NDArray[Any]] = {
    "SAMPLES": np.array([_SAMPLES_WARM], np.int32),
    "WEIGHTS": np.eye(1, PARTS_MAX, dtype=np.float32)[0],
    "STRATEGY": np.array([4], np.int32),
}


def facts(model: str) -> dict[str, str]:
    """Return the parameters of one model's configuration."""
    kind = {"fusion": "fused"}.get(model, model.removesuffix("_encoder"))
    common = {
        "pack": PACK,
        "version": VERSION,
        "space": f"{PACK}-{VERSION}/{kind}",
        "dimension": str(DIMENSION),
        "unit_length": "true",
    }
    return common | _OWN[model]


_OWN: Mapping[str, dict[str, str]] = {
    "text_encoder": {"languages": ",".join(LANGUAGES), "characters_max": str(CHARACTERS_MAX)},
    "image_encoder": {"height": str(HEIGHT), "width": str(WIDTH), "channels": "rgb", "resize": "fit_white"},
    "audio_encoder": {
        "languages": ",".join(LANGUAGES),
        "sample_rate_hz": str(SAMPLE_RATE_HZ),
        "seconds_max": str(SECONDS_MAX),
    },
    "fusion": {
        "modalities": ",".join(MODALITIES),
        "parts_max": str(PARTS_MAX),
        "strategies": "concatenation=1,bilinear=3,learned=4",
    },
}


def config(model: str) -> str:
    """Return the text of config.pbtxt; instances go to the GPU where there is one, else to the CPU."""
    blocks = [
        f'name: "{model}"\nbackend: "python"\nmax_batch_size: {BATCH_MAX}',
        *(_tensor("input", entry.name, entry.kind, entry.shape) for entry in INPUTS[model]),
        _tensor("output", "VECTOR", "FP32", (DIMENSION,)),
        f"dynamic_batching {{ max_queue_delay_microseconds: {QUEUE_DELAY_US} }}",
        "instance_group [ { count: 1, kind: KIND_AUTO } ]",
        *(_warm_up(model, batch) for batch in (1, 8)),
        *(
            f'parameters {{ key: "{key}" value: {{ string_value: "{value}" }} }}'
            for key, value in facts(model).items()
        ),
    ]
    return "\n".join(blocks) + "\n"


def _tensor(role: str, name: str, kind: str, shape: tuple[int, ...]) -> str:
    return f'{role} [ {{ name: "{name}", data_type: TYPE_{kind}, dims: {list(shape)} }} ]'


def _warm_up(model: str, batch: int) -> str:
    entries = "\n".join(f"  inputs {{ {_warm_input(entry)} }}" for entry in INPUTS[model])
    return f'model_warmup [ {{\n  name: "batch of {batch}"\n  batch_size: {batch}\n{entries}\n}} ]'


def _warm_input(entry: Input) -> str:
    data = f'input_data_file: "{entry.name}"' if entry.name in WARM_VALUES else "zero_data: true"
    shape = list(entry.warm or entry.shape)
    return f'key: "{entry.name}" value: {{ data_type: TYPE_{entry.kind}, dims: {shape}, {data} }}'
