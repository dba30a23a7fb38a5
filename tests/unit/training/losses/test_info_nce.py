import math

import pytest
import torch

from training.losses.info_nce import info_nce


def _similarities(rows, columns):
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(0))


def test_one_right_pair_each_is_clip_loss():
    """With the diagonal right, it is the mean of the cross-entropies of rows and of columns."""
    similarities, answers = _similarities(6, 6), torch.arange(6)
    rows = torch.nn.functional.cross_entropy(similarities / 0.1, answers)
    columns = torch.nn.functional.cross_entropy(similarities.T / 0.1, answers)
    actual = info_nce(similarities, torch.eye(6).bool(), 0.1)
    torch.testing.assert_close(actual, (rows + columns) / 2)


def test_equal_similarities_cost_the_logarithms_of_both_sides():
    """Where nothing is known, rows cost log of the columns and columns log of the rows."""
    right = torch.zeros(2, 8, dtype=torch.bool)
    right[0, 0] = right[1, 1] = True
    actual = info_nce(torch.zeros(2, 8), right, 0.07).item()
    assert pytest.approx((math.log(8) + math.log(2)) / 2) == actual


def test_pairs_that_are_not_allowed_do_not_count():
    """A masked pair changes nothing, whatever its similarity, be it called right or wrong."""
    similarities, right = _similarities(4, 4), torch.eye(4).bool()
    allowed = torch.ones(4, 4, dtype=torch.bool)
    allowed[0, 3] = False
    before = info_nce(similarities, right, 0.5, allowed=allowed)
    similarities[0, 3], right[0, 3] = 50.0, True
    torch.testing.assert_close(info_nce(similarities, right, 0.5, allowed=allowed), before)
    assert not torch.isclose(info_nce(similarities, right, 0.5), before)


def test_smoothing_is_cross_entropy_with_label_smoothing():
    """With one right answer, smoothing is torch's own label smoothing."""
    similarities, answers = _similarities(5, 5), torch.arange(5)
    rows = torch.nn.functional.cross_entropy(similarities, answers, label_smoothing=0.2)
    columns = torch.nn.functional.cross_entropy(similarities.T, answers, label_smoothing=0.2)
    actual = info_nce(similarities, torch.eye(5).bool(), 1.0, smoothing=0.2)
    torch.testing.assert_close(actual, (rows + columns) / 2)


def test_gradient_is_finite_with_masks_and_reaches_the_temperature():
    """Masked places leave no NaN in the gradients; a learned temperature has one."""
    similarities = _similarities(3, 3).requires_grad_()
    temperature = torch.tensor(0.5, requires_grad=True)
    allowed = ~torch.eye(3).bool()
    right = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]]).bool()
    info_nce(similarities, right, temperature, 0.1, allowed).backward()
    assert torch.isfinite(similarities.grad).all()
    assert temperature.grad.abs() > 0
