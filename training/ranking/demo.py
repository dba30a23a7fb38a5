"""Lists of the demonstration catalogue: what the index finds for its own queries, with features and right answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from training.attributes import codes, fulfils
from training.data.ranking import Ranking
from training.demo.items import items
from training.demo.queries import queries
from training.evaluate_demo import MIXED, SINGLE, Index, build_index, encode_queries, fuse
from training.networks.registry import load_encoder
from training.networks.tokeniser import load_tokeniser
from training.pack import Pack
from training.packs.fusion import load_fusion

# Not price, popularity, stock or freshness: this catalogue draws them at random, so they tell nothing of what is right.
FEATURES = ("similarity_fused", "similarity_text", "similarity_image")
# As many as a search retrieves for a ranking network.
POOL = 100
# Mixes are fused by the default strategy, and by the one that needs no model.
_FUSIONS = ("learned", "weighted_sum")


@dataclass(frozen=True)
class Found:
    """The candidates of some queries of one kind, best first, and which of them are right.

    Args:
        kind: of query, such as "composed by learned".
        features: [Q, POOL, F].
        right: bool [Q, POOL].
        wanted: how many products are right in the whole catalogue, [Q].
    """

    kind: str
    features: Tensor
    right: Tensor
    wanted: Tensor


def shipped_pack(repository: Path) -> Pack:
    """Read the networks of the pack in *repository*, a folder of Triton models."""
    encoders = {
        name: load_encoder(repository / f"{name}_encoder" / "1") for name in ("text", "image", "audio")
    }
    tokeniser = load_tokeniser(repository / "text_encoder" / "1" / "tokenizer.json")
    fusion = load_fusion(repository / "fusion" / "1")
    return Pack(tokeniser=tokeniser, fusion=fusion, **encoders)  # type: ignore[arg-type]


def found(pack: Pack, split: str, count: int, folder: Path, workers: int) -> Iterator[Found]:
    """Yield the candidates of *count* queries of each kind whose right products belong to *split*.

    Args:
        pack: whose vectors are compared.
        split: "train", "dev" or "test".
        count: queries per kind.
        folder: where pictures and speech are kept once they are made.
        workers: processes that make them.
    """
    catalogue = items()
    index = build_index(pack, catalogue, folder, workers)
    for kind in (*SINGLE, *MIXED):
        asked = queries(split, kind, count)
        right = fulfils(codes([query.wanted for query in asked]), index.codes)
        for label, vectors in _query_vectors(pack, kind, encode_queries(pack, asked, folder, workers)):
            yield candidates(label, vectors, index, right)


def _query_vectors(pack: Pack, kind: str, encoded: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    if kind in SINGLE:
        yield kind, next(iter(encoded.values()))
        return
    for strategy in _FUSIONS:
        yield f"{kind} by {strategy}", fuse(pack, strategy, encoded)


def candidates(label: str, vectors: Tensor, index: Index, right: Tensor) -> Found:
    """Return the products nearest to the queries' *vectors* [Q, D] over whole products, with their features."""
    similarities = torch.stack([vectors @ index.spaces[space].T for space in ("fused", "text", "image")], -1)
    nearest = similarities[..., 0].topk(POOL, dim=1).indices
    rows = torch.arange(len(vectors))[:, None]
    return Found(label, similarities[rows, nearest], right[rows, nearest], right.sum(1))


def ranking_of(lists: Sequence[Found]) -> Ranking:
    """Return all candidates as ranking data: label 1 for a right one, 0 for another."""
    features = torch.cat([each.features for each in lists])
    right = torch.cat([each.right for each in lists])
    queries_ = torch.arange(len(features)).repeat_interleave(POOL)
    return Ranking(features.flatten(0, 1).numpy(), right.flatten().long().numpy(), queries_.numpy())


def precision_by(scores: Tensor, lists: Found, cutoff: int = 10) -> Tensor:
    """Return precision at min(cutoff, right products) of each query [Q] in the order of *scores* [Q, POOL]."""
    order = scores.argsort(dim=1, descending=True, stable=True)[:, :cutoff]
    hits = lists.right.gather(1, order).float()
    wanted = lists.wanted.clamp(max=cutoff)
    counted = torch.arange(hits.shape[1]) < wanted[:, None]
    return (hits * counted).sum(1) / wanted.clamp_min(1)
