"""Vectors of many records by the encoders as they are, without gradients and without augmentation."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from training.contrastive.batch import Source, make_batch
from training.contrastive.corpus import Corpus, Rows
from training.contrastive.space import SharedSpace

_CHUNK = 64


@torch.no_grad()
def embed_rows(
    space: SharedSpace, corpus: Corpus, sources: Mapping[str, Source], rows: Rows, modality: str
) -> Tensor:
    """Return unit vectors float32 [n, D], on the processor, of those *rows* that have the modality, in their order."""
    device, dimension = space.log_scale.device, space.prototypes.shape[1]
    learning = space.training
    space.eval()
    only = {modality: sources[modality]}
    kept = rows[corpus.present[modality][rows]]
    vectors = [torch.empty(0, dimension)]
    for chunk in _chunks(kept):
        part = make_batch(corpus, only, chunk, None).to(device).parts[modality]
        vectors.append(space.vectors(modality, part).cpu())
    space.train(learning)
    return torch.cat(vectors)


def _chunks(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]
