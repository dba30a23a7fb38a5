"""What one step sees, and where it comes from: the inputs of every encoder, and which rows of the batch have them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from training.contrastive.corpus import Corpus, Rows


@dataclass(frozen=True, eq=False)
class Part:
    """One modality of a batch.

    Args:
        places: int64 [n], rows of the batch that have this modality; the others are masked, never zeros.
        inputs: what `ModalityEncoder.prepare` returned for them, or their features [n, F] alone.
        is_features: which of the two.
    """

    places: Tensor
    inputs: tuple[Tensor, ...]
    is_features: bool


@dataclass(frozen=True, eq=False)
class Batch:
    """b records: their rows, groups and labels, int64 [b], and the parts that any of them has."""

    rows: Rows
    groups: Tensor
    labels: Tensor
    parts: Mapping[str, Part]

    def to(self, device: torch.device) -> "Batch":
        """Move everything to a device."""
        parts = {
            name: replace(
                part, places=part.places.to(device), inputs=tuple(tensor.to(device) for tensor in part.inputs)
            )
            for name, part in self.parts.items()
        }
        return replace(self, groups=self.groups.to(device), labels=self.labels.to(device), parts=parts)


class Source(Protocol):
    """Where the inputs of one encoder come from."""

    is_features: bool

    def inputs(self, rows: Rows, rng: np.random.Generator | None) -> tuple[Tensor, ...]:
        """Return the inputs of *rows* of the corpus; augmented with *rng*, unchanged with None."""


def make_batch(
    corpus: Corpus, sources: Mapping[str, Source], rows: Rows, rng: np.random.Generator | None
) -> Batch:
    """Read what the records of *rows* have; only modalities that any of them has become parts."""
    parts = {}
    for name, source in sources.items():
        places = np.flatnonzero(corpus.present[name][rows])
        if len(places):
            inputs = source.inputs(rows[places], rng)
            parts[name] = Part(torch.from_numpy(places), inputs, source.is_features)
    return Batch(
        rows=rows,
        groups=torch.from_numpy(corpus.groups[rows]),
        labels=torch.from_numpy(corpus.labels[rows]),
        parts=parts,
    )
