"""Attribute values as numbers, and the fixed directions of the shared space that stand for them.

Each value of each attribute owns one of a set of orthonormal directions. What names the values S aims at the
normalised sum of their directions: a part of S left unsaid adds nothing, and combinations never seen in
training are already in place (fixed classifiers: Hoffer et al. 2018; Pernici et al. 2021).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import torch
from torch import Tensor

from training.demo.vocabulary import CATEGORIES, COLOURS, MATERIALS, PATTERNS
from training.losses.prototype import NOT_NAMED
from training.networks.blocks import DIMENSION, unit

VALUES: Mapping[str, tuple[str, ...]] = {
    "category": tuple(CATEGORIES),
    "colour": tuple(COLOURS),
    "pattern": tuple(PATTERNS),
    "material": tuple(MATERIALS),
}
_SEED = 20_17


def code(attributes: Mapping[str, str]) -> list[int]:
    """Return one index per attribute in the order of VALUES, -1 where *attributes* does not name it."""
    return [
        values.index(attributes[name]) if name in attributes else NOT_NAMED for name, values in VALUES.items()
    ]


def codes(many: Sequence[Mapping[str, str]]) -> Tensor:
    """Return int64 [B, 4] for a batch of attributes."""
    return torch.tensor([code(attributes) for attributes in many])


@lru_cache(maxsize=1)
def prototypes() -> tuple[Tensor, ...]:
    """Return for each attribute its directions [values, 256], all orthonormal, always the same."""
    counts = [len(values) for values in VALUES.values()]
    random = torch.randn(DIMENSION, sum(counts), generator=torch.Generator().manual_seed(_SEED))
    directions: Tensor = torch.linalg.qr(random).Q
    return torch.split(directions.T.contiguous(), counts)


def targets(coded: Tensor) -> Tensor:
    """Return the unit sums [B, 256] of the directions of the values named in codes [B, 4]."""
    named = (coded != NOT_NAMED).unsqueeze(-1)
    chosen = [group[coded[:, at].clamp_min(0)] for at, group in enumerate(prototypes())]
    return unit((torch.stack(chosen, dim=1) * named).sum(1))


def fulfils(wanted: Tensor, offered: Tensor) -> Tensor:
    """Return bool [Q, P]: product codes offered [P, 4] have every value named in wanted [Q, 4]."""
    equal = wanted[:, None] == offered[None]
    return (equal | (wanted == NOT_NAMED)[:, None]).all(-1)
