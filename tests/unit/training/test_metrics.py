import torch

from training.metrics import precision


def test_precision_counts_right_results_at_the_top():
    """Two of the three right products among the first three are two thirds."""
    similarities = torch.tensor([[0.9, 0.8, 0.7, 0.6, 0.5]])
    right = torch.tensor([[True, False, True, False, True]])
    torch.testing.assert_close(precision(similarities, right), torch.tensor([2 / 3]))


def test_precision_looks_at_ten_results_at_most():
    """With more than ten right products only the first ten results count."""
    similarities = torch.arange(20, 0, -1.0)[None]
    right = torch.arange(20)[None] < 15
    right[0, 0] = False
    torch.testing.assert_close(precision(similarities, right), torch.tensor([0.9]))


def test_precision_without_right_products_is_zero():
    """A query that nothing fulfils counts 0."""
    assert torch.equal(torch.zeros(1), precision(torch.rand(1, 4), torch.zeros(1, 4, dtype=torch.bool)))
