"""What the packs are measured against: two small heads over frozen all-MiniLM-L6-v2 and MobileNetV2, by InfoNCE.

Hidden layer, dropout, rate and epochs were chosen on a held-out part of the train split (docs/benchmarks.md).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.grocery_baseline import embeddings
from training import loop
from training.data.dataset import Record
from training.losses.info_nce import info_nce
from training.networks.blocks import unit
from training.networks.encoder import ModalityEncoder
from training.networks.registry import build_encoder

DIMENSION = 256
_HIDDEN, _DROPOUT = 512, 0.5
_BATCH, _EPOCHS, _RATE = 256, 80, 1e-3
_TEXTS_AT_ONCE = 64


class _Head(nn.Module):
    """Features [B, F] to unit vectors [B, DIMENSION]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.dropout = nn.LayerNorm(width), nn.Dropout(_DROPOUT)
        self.straight = nn.Linear(width, DIMENSION)
        self.bent = nn.Sequential(
            nn.Linear(width, _HIDDEN), nn.GELU(), nn.Dropout(_DROPOUT), nn.Linear(_HIDDEN, DIMENSION)
        )

    def forward(self, features: Tensor) -> Tensor:
        kept = self.dropout(self.norm(features))
        return unit(self.straight(kept) + self.bent(kept))


class _Heads(nn.Module):
    """A head each, and the temperature, which is learned as CLIP's is."""

    def __init__(self, texts: int, pictures: int) -> None:
        super().__init__()
        self.text, self.image = _Head(texts), _Head(pictures)
        self.log_scale = nn.Parameter(torch.tensor(1 / 0.07).log())

    def loss(self, texts: Tensor, pictures: Tensor) -> Tensor:
        """Return InfoNCE both ways over rows that belong together."""
        similarities = self.text(texts) @ self.image(pictures).T
        return info_nce(similarities, torch.eye(len(texts), dtype=torch.bool), (-self.log_scale).exp())


class Baseline:
    """The frozen backbones' features of all products, made once; heads are trained on those of *train*."""

    def __init__(self, backbone: Path, train: Sequence[Record], dev: Sequence[Record]) -> None:
        pictures = build_encoder("image", "onnx", DIMENSION, {"path": str(backbone)})
        texts = build_encoder("text", "pretrained", DIMENSION, {"path": "minilm"}).eval()
        self._train, self._dev = (
            (_texts(texts, part), torch.from_numpy(embeddings(pictures, part))) for part in (train, dev)
        )

    def ranks(self, seed: int) -> NDArray[np.int64]:
        """Train heads; return the place, from 1, of each dev product's photo among all for its title."""
        torch.manual_seed(seed)
        texts, pictures = self._train
        heads = _Heads(texts.shape[1], pictures.shape[1])
        generator = torch.Generator().manual_seed(seed)
        order = torch.cat([_whole_batches(len(texts), generator) for _ in range(_EPOCHS)])

        def loss_of_step(step: int) -> Tensor:
            rows = order[step]
            return heads.loss(texts[rows], pictures[rows])

        loop.run("baseline", heads, loop.Schedule(len(order), _BATCH, _RATE), loss_of_step)
        with torch.inference_mode():
            similarities = heads.text(self._dev[0]) @ heads.image(self._dev[1]).T
        places: NDArray[np.int64] = (similarities > similarities.diagonal()[:, None]).sum(1).numpy() + 1
        return places


def _whole_batches(count: int, generator: torch.Generator) -> Tensor:
    """Return the rows of one pass, shuffled [batches, _BATCH]; what fills no batch is left out."""
    rows = torch.randperm(count, generator=generator)
    return rows[: count // _BATCH * _BATCH].view(-1, _BATCH)


@torch.inference_mode()
def _texts(encoder: ModalityEncoder, records: Sequence[Record]) -> Tensor:
    titles = [one.text for one in records if one.text is not None]
    chunks = [titles[at : at + _TEXTS_AT_ONCE] for at in range(0, len(titles), _TEXTS_AT_ONCE)]
    return torch.cat([encoder.features(*encoder.prepare(chunk)) for chunk in chunks]).clone()
