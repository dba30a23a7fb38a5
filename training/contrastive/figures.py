"""What the dev records say about a space: can each modality find each other one, and the right label."""

from collections.abc import Mapping
from itertools import permutations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from training.contrastive.batch import Source
from training.contrastive.corpus import NO_LABEL, Corpus, Rows
from training.contrastive.embedding import embed_rows
from training.contrastive.space import SharedSpace
from training.errors import TrainingError

SCORE = "score"


def dev_figures(space: SharedSpace, corpus: Corpus, sources: Mapping[str, Source]) -> dict[str, float]:
    """Return the figures of the dev rows.

    "image to text recall@10" …: queries are the dev rows with a picture; candidates the texts, each different text
    once: of all records where labels say what belongs together, else of dev. "image label accuracy": the nearest
    prototype, or mean of the train vectors of each label. "score" is the mean of all mrr and label accuracies.
    """
    vectors = {name: embed_rows(space, corpus, sources, corpus.dev, name) for name in sources}
    figures: dict[str, float] = {}
    for asked, found in permutations(sources, 2):
        rows, candidates = _candidates(space, corpus, sources, found, vectors[found])
        queries = corpus.dev[corpus.present[asked][corpus.dev]]
        ranks = ranks_of_right(vectors[asked] @ candidates.T, _equal(corpus.groups, queries, rows))
        if len(ranks):
            figures |= {f"{asked} to {found} {name}": value for name, value in _of_ranks(ranks).items()}
    for name in sources:
        accuracy = _label_accuracy(space, corpus, sources, name, vectors[name])
        figures |= {} if accuracy is None else {f"{name} label accuracy": accuracy}
    decisive = [value for name, value in figures.items() if name.endswith((" mrr", "accuracy"))]
    return {SCORE: float(np.mean(decisive)) if decisive else 0.0, **figures}


def figure(figures: Mapping[str, float], name: str) -> float:
    """Return one figure by name.

    Raises:
        TrainingError: there is none of that name; the message lists them.
    """
    if name not in figures:
        raise TrainingError(f"watch.metric: there is no figure {name!r}; there are: {', '.join(figures)}")
    return figures[name]


def ranks_of_right(similarities: Tensor, right: Tensor) -> Tensor:
    """Return int64 [q]: 1 + how many wrong candidates are at least as near as the nearest right one.

    Args:
        similarities: [Q, C].
        right: bool [Q, C]; queries without any right candidate are left out, so that q <= Q.
    """
    answered = right.any(dim=1)
    similarities, right = similarities[answered], right[answered]
    best = similarities.masked_fill(~right, -torch.inf).amax(dim=1, keepdim=True)
    return 1 + ((similarities >= best) & ~right).sum(dim=1)


def _of_ranks(ranks: Tensor) -> dict[str, float]:
    return {
        "recall@1": (ranks <= 1).float().mean().item(),
        "recall@10": (ranks <= 10).float().mean().item(),
        "mrr": (1 / ranks).mean().item(),
    }


def _candidates(
    space: SharedSpace, corpus: Corpus, sources: Mapping[str, Source], found: str, dev: Tensor
) -> tuple[Rows, Tensor]:
    """Return the rows and vectors [C, D] that are searched in; equal texts are one candidate."""
    if found != "text":
        return corpus.dev[corpus.present[found][corpus.dev]], dev
    rows = corpus.dev[corpus.present["text"][corpus.dev]]
    if corpus.label_names:
        rows = np.sort(np.concatenate([corpus.train, corpus.dev]))
        rows = rows[corpus.present["text"][rows]]
    keys = [(corpus.groups[row], corpus.records[row].text) for row in rows]
    firsts = sorted({key: at for at, key in reversed(list(enumerate(keys)))}.values())
    return rows[firsts], embed_rows(space, corpus, sources, rows[firsts], "text")


def _label_accuracy(
    space: SharedSpace, corpus: Corpus, sources: Mapping[str, Source], name: str, vectors: Tensor
) -> float | None:
    rows = corpus.dev[corpus.present[name][corpus.dev]]
    labels = torch.from_numpy(corpus.labels[rows])
    known = labels != NO_LABEL
    # Where every record has a label of its own, finding the record is all there is.
    if not known.any() or len(corpus.label_names) * 2 > len(corpus.records):
        return None
    centres = _centres(space, corpus, sources, name)
    right = (vectors[known] @ centres.T).argmax(dim=1) == labels[known]
    return right.float().mean().item()


def _centres(space: SharedSpace, corpus: Corpus, sources: Mapping[str, Source], name: str) -> Tensor:
    """Return unit vectors [labels, D]: the prototypes, or the mean vector of the train records of each label."""
    if space.recipe.prototype_weight:
        return normalize(space.prototypes.detach().cpu(), dim=-1)
    rows = corpus.train[corpus.present[name][corpus.train] & (corpus.labels[corpus.train] != NO_LABEL)]
    vectors = embed_rows(space, corpus, sources, rows, name)
    sums = torch.zeros(len(corpus.label_names), vectors.shape[1])
    return normalize(sums.index_add(0, torch.from_numpy(corpus.labels[rows]), vectors), dim=-1)


def _equal(groups: Rows, queries: Rows, candidates: Rows) -> Tensor:
    return torch.from_numpy(groups[queries][:, None] == groups[candidates][None])
