"""One table that compares all fusions: for every set of modalities asked with, and for composed queries."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from rich.table import Table
from torch import Tensor

from training.contrastive.figures import ranks_of_right
from training.contrastive.fusion_bank import Bank, Phrases
from training.contrastive.fusion_mixtures import (
    IMAGE,
    TEXT,
    Fuse,
    Mixtures,
    changes,
    mixtures_of,
    query_vectors,
    with_words,
)
from training.data.records import MODALITIES
from training.losses.prototype import NOT_NAMED
from training.metrics import precision
from training.networks.blocks import unit
from training.networks.fusion import FusionHeads, weighted_sum

COMPOSED = "composed"
_QUERIES_MAX = 2000


@dataclass(frozen=True)
class FusionRow:
    """One kind of query: what it is asked with, the figure's name, how many queries, the figure by fusion."""

    asked_with: str
    figure: str
    queries: int
    by_fusion: Mapping[str, float]


def fusions(heads: FusionHeads | None) -> dict[str, Fuse]:
    """Return every way to fuse by name: the plain weighted sum, and the learned heads of a pack that has them."""

    def plain(vectors: Tensor, weights: Tensor, modalities: Tensor) -> Tensor:  # noqa: ARG001 - as the heads
        return unit(weighted_sum(vectors, weights))

    return {"weighted_sum": plain, **(heads.by_name() if heads is not None else {})}


def as_table(rows: Sequence[FusionRow]) -> Table:
    """Return the rows for a person to read."""
    table = Table(title="fusions compared on dev", title_justify="left")
    for name in ("asked with", "figure", "queries", *rows[0].by_fusion):
        table.add_column(name, justify="left" if name in {"asked with", "figure"} else "right")
    for row in rows:
        values = [f"{value:.3f}" for value in row.by_fusion.values()]
        table.add_row(row.asked_with, row.figure, str(row.queries), *values)
    return table


@torch.no_grad()
def fusion_table(bank: Bank, phrases: Phrases, ways: Mapping[str, Fuse], seed: int = 0) -> list[FusionRow]:
    """Return a row for every non-empty set of modalities that records of *bank* have, and one for composed queries.

    As the suite serves it, the products are fused by the learned head (by the weighted sum without one), and a query
    of one part is that part, the same for every fusion. "recall@1": a query is some parts of a record; the answer is
    another record of its group, or the record itself where the group has no other. "recall@1 mixed": the products
    lack parts by chance, so that a fusion which lifts or sinks them is found out. Composed: a record's picture and words for another value; right
    are records equal in all other attributes with that value; precision@10 as in training/metrics.py.
    """
    served = ways.get("learned", ways["weighted_sum"])
    products, lacking = (
        served(*mixtures_of(bank, present).parts) for present in (bank.present, _thinned(bank, seed))
    )
    rows = []
    for asked in _subsets(bank):
        for figure, searched in (("recall@1", products), ("recall@1 mixed", lacking)):
            found = {name: _recall(fuse, bank, asked, searched) for name, fuse in ways.items()}
            count = int(bank.present[:, list(asked)].all(dim=1).sum())
            rows.append(FusionRow(_name(asked), figure, min(count, _QUERIES_MAX), found))
    composed = composed_queries(bank, phrases, seed)
    if composed is not None:
        queries, right = composed
        found = {
            name: precision(query_vectors(fuse, queries) @ products.T, right).mean().item()
            for name, fuse in ways.items()
        }
        rows.append(FusionRow(COMPOSED, "precision@10", len(right), found))
    return rows


def composed_queries(bank: Bank, phrases: Phrases, seed: int) -> tuple[Mixtures, Tensor] | None:
    """Return for each row that words can change one query, and bool [Q, N] which rows answer it; None without any."""
    rng = np.random.default_rng(seed)
    possible = changes(bank, phrases)
    if not possible:
        return None
    sources, wanted, words = [], [], []
    for row in sorted(possible)[:_QUERIES_MAX]:
        attribute, value, targets = possible[row][rng.integers(len(possible[row]))]
        says = (phrases.attributes == attribute) & (phrases.values == value)
        sources.append(row)
        wanted.append(targets[0])
        words.append(int(np.flatnonzero(says.numpy())[0]))
    seen = bank.take(torch.tensor(sources))
    parts = seen.present.clone()
    parts[:, TEXT] &= ~parts[:, IMAGE:].any(dim=1)
    codes = bank.codes[torch.tensor(wanted)][:, None]
    right = ((codes == bank.codes[None]) | (codes == NOT_NAMED)).all(-1)
    return with_words(mixtures_of(seen, parts), phrases.vectors[torch.tensor(words)]), right


def _recall(fuse: Fuse, bank: Bank, asked: tuple[int, ...], products: Tensor) -> float:
    rows = bank.present[:, list(asked)].all(dim=1).nonzero()[:_QUERIES_MAX, 0]
    only = torch.zeros(len(rows), len(MODALITIES), dtype=torch.bool)
    only[:, list(asked)] = True
    similarities = query_vectors(fuse, mixtures_of(bank.take(rows), only)) @ products.T
    right = bank.groups[rows][:, None] == bank.groups[None]
    # A record is no answer to its own parts where another one of its group is.
    itself = rows[:, None] == torch.arange(len(bank))[None]
    others = (right & ~itself).any(dim=1, keepdim=True)
    ranks = ranks_of_right(similarities.masked_fill(itself & others, -torch.inf), right & ~(itself & others))
    return (ranks == 1).float().mean().item()


def _thinned(bank: Bank, seed: int) -> Tensor:
    """Return bool [N, 3]: of each record any non-empty subset of its parts."""
    keys = torch.rand(bank.present.shape, generator=torch.Generator().manual_seed(seed))
    keys = keys.masked_fill(~bank.present, -1.0)
    kept = bank.present & (keys > 0.5)
    kept[torch.arange(len(bank)), keys.argmax(dim=1)] = True
    return kept


def _subsets(bank: Bank) -> Iterator[tuple[int, ...]]:
    there = [at for at in range(len(MODALITIES)) if bank.present[:, at].any()]
    for size in range(1, len(there) + 1):
        for chosen in combinations(there, size):
            if bank.present[:, list(chosen)].all(dim=1).any():
                yield chosen


def _name(asked: tuple[int, ...]) -> str:
    return " + ".join(MODALITIES[at] for at in asked)
