import math

import pytest
import torch

from training.losses.sigmoid import sigmoid


def _log_sigmoid(value):
    return -math.log(1 + math.exp(-value))


def test_each_pair_is_a_question_of_its_own():
    """The closed form for two rows and two columns: -1/2 of the sum of four log sigmoids."""
    similarities = torch.tensor([[0.9, -0.2], [0.1, 0.4]])
    terms = [_log_sigmoid(10 * 0.9 - 5), _log_sigmoid(-(10 * -0.2 - 5))]
    terms += [_log_sigmoid(-(10 * 0.1 - 5)), _log_sigmoid(10 * 0.4 - 5)]
    actual = sigmoid(similarities, torch.eye(2).bool(), 10.0, -5.0).item()
    assert pytest.approx(-sum(terms) / 2, rel=1e-5) == actual


def test_zero_scale_and_bias_cost_log_two_a_column():
    """Where nothing is known, every question costs log 2."""
    actual = sigmoid(torch.randn(3, 5), torch.zeros(3, 5).bool(), 0.0, 0.0).item()
    assert pytest.approx(5 * math.log(2)) == actual


def test_several_right_answers_each_count():
    """A row with two right columns is pulled to both."""
    similarities = torch.zeros(1, 3, requires_grad=True)
    sigmoid(similarities, torch.tensor([[True, True, False]]), 10.0, -10.0).backward()
    assert [True, True, False] == (similarities.grad[0] < 0).tolist()


def test_pairs_that_are_not_allowed_are_not_asked():
    """A masked pair costs nothing."""
    similarities, right = torch.tensor([[0.3, 9.0]]), torch.tensor([[True, False]])
    masked = sigmoid(similarities, right, 1.0, 0.0, torch.tensor([[True, False]]))
    torch.testing.assert_close(masked, sigmoid(similarities[:, :1], right[:, :1], 1.0, 0.0))
