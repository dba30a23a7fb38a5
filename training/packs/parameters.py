"""How many numbers a model has learned."""

import json
import math
from pathlib import Path

from torch import nn

_LENGTH_BYTES = 8


def parameters_of(network: nn.Module) -> int:
    """Return the number of parameters of *network*, frozen ones too."""
    return sum(parameter.numel() for parameter in network.parameters())


def parameters_in(folder: Path) -> int:
    """Return the number of numbers in all .safetensors files below *folder*."""
    return sum(_numbers(path) for path in folder.rglob("*.safetensors"))


def _numbers(path: Path) -> int:
    """Read the header only: a length in 8 bytes, then JSON with every tensor's shape."""
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(_LENGTH_BYTES), "little")))
    return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
