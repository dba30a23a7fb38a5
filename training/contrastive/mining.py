"""Hard negatives: which records the space, as it is now, takes for one another (Xiong et al. 2021, ANCE)."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import normalize

from training.contrastive.batch import Source
from training.contrastive.corpus import Corpus
from training.contrastive.embedding import embed_rows
from training.contrastive.space import SharedSpace

_CHUNK = 512


@torch.no_grad()
def nearest_wrong(
    space: SharedSpace, corpus: Corpus, sources: Mapping[str, Source], count: int
) -> NDArray[np.int64]:
    """Return int64 [N, K]: for each train row the places in train of the nearest records of other groups.

    A record stands for the mean of its vectors of all modalities. K = min(count, N - 1); -1 where fewer are wrong.
    """
    rows = corpus.train
    means = torch.zeros(len(rows), space.prototypes.shape[1])
    for name in sources:
        means[torch.from_numpy(corpus.present[name][rows])] += embed_rows(space, corpus, sources, rows, name)
    means = normalize(means, dim=-1)
    groups = torch.from_numpy(corpus.groups[rows])
    found = [_nearest(means, groups, start, count) for start in range(0, len(rows), _CHUNK)]
    return torch.cat(found).numpy()


def _nearest(means: torch.Tensor, groups: torch.Tensor, start: int, count: int) -> torch.Tensor:
    chunk = slice(start, start + _CHUNK)
    similarities = means[chunk] @ means.T
    similarities.masked_fill_(groups[chunk, None] == groups[None], -torch.inf)
    top = similarities.topk(min(count, len(means) - 1), dim=1)
    return top.indices.masked_fill(top.values == -torch.inf, -1)
