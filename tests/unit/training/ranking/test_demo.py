"""Lists of the demonstration catalogue: features as the gateway names them, precision as the benchmark counts it."""

import torch

from training.evaluate_demo import Index
from training.networks.blocks import unit
from training.ranking import demo
from training.ranking.demo import FEATURES, candidates, precision_by, ranking_of


def found(monkeypatch, pool=3):
    """Two queries among four products, compared in three spaces."""
    monkeypatch.setattr(demo, "POOL", pool)
    generator = torch.Generator().manual_seed(0)
    spaces = {name: unit(torch.randn(4, 5, generator=generator)) for name in ("fused", "text", "image")}
    vectors = unit(torch.randn(2, 5, generator=generator))
    right = torch.tensor([[True, False, False, True], [False, True, False, False]])
    return spaces, vectors, candidates("text", vectors, Index(spaces, torch.zeros(4, 4)), right)


def test_candidates(monkeypatch):
    """The nearest over whole products come first, with their similarities in each space."""
    spaces, vectors, lists = found(monkeypatch)

    fused = vectors @ spaces["fused"].T
    order = fused.argsort(dim=1, descending=True)[:, :3]
    assert (2, 3, len(FEATURES)) == lists.features.shape
    torch.testing.assert_close(lists.features[..., 0], fused.gather(1, order))
    torch.testing.assert_close(lists.features[..., 2], (vectors @ spaces["image"].T).gather(1, order))
    assert [2, 1] == lists.wanted.tolist()


def test_ranking(monkeypatch):
    """Each query is a list of its own; right candidates have label 1."""
    _, _, lists = found(monkeypatch)

    ranking = ranking_of([lists, lists])

    assert [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3] == ranking.queries.tolist()
    assert 2 * lists.right.flatten().int().tolist() == ranking.labels.tolist()


def test_precision(monkeypatch):
    """Precision is counted among the first min(cutoff, right products), in the order of the scores."""
    _, _, lists = found(monkeypatch)
    best, worst = lists.right.float(), -lists.right.float()
    reached = lists.right.sum(1) / lists.wanted

    assert reached.tolist() == precision_by(best, lists).tolist()
    assert [0, 0] == precision_by(worst, lists, cutoff=1).tolist()
