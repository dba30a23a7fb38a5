import math

import pytest
import torch

from training.losses.cosine import cosine
from training.losses.multi_positive import multi_positive
from training.losses.prototype import NOT_NAMED, prototype


def test_multi_positive_of_equal_similarities_is_log_of_candidates():
    """Where nothing is known, the loss is the logarithm of the number of candidates."""
    right = torch.tensor([[True, False, False, True], [False, True, False, False]])
    assert pytest.approx(math.log(4)) == multi_positive(torch.zeros(2, 4), right, 0.07).item()


def test_multi_positive_with_one_right_answer_is_cross_entropy():
    """With one right candidate a query, it is InfoNCE."""
    similarities = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    answers = torch.tensor([0, 3, 6, 2, 2])
    right = torch.nn.functional.one_hot(answers, 7).bool()
    expected = torch.nn.functional.cross_entropy(similarities / 0.1, answers)
    torch.testing.assert_close(multi_positive(similarities, right, 0.1), expected)


def test_multi_positive_averages_over_right_answers():
    """Two right answers count with half of the weight each, outside the logarithm."""
    similarities = torch.tensor([[2.0, 1.0, 0.0]])
    whole = math.log(math.exp(2) + math.exp(1) + 1)
    expected = whole - (2 + 1) / 2
    right = torch.tensor([[True, True, False]])
    assert pytest.approx(expected) == multi_positive(similarities, right, 1.0).item()


def test_multi_positive_leaves_out_unanswerable_queries():
    """A query without a right candidate changes nothing; a batch of such queries costs nothing."""
    similarities = torch.tensor([[1.0, 0.0], [5.0, -5.0]])
    one = multi_positive(similarities[:1], torch.tensor([[True, False]]), 0.5)
    both = multi_positive(similarities, torch.tensor([[True, False], [False, False]]), 0.5)
    torch.testing.assert_close(both, one)
    assert multi_positive(similarities, torch.zeros(2, 2, dtype=torch.bool), 0.5).item() == 0


def test_prototype_is_softmax_of_scaled_cosines():
    """The closed form for one attribute of two orthogonal values."""
    vectors = torch.tensor([[1.0, 0.0]])
    expected = math.log(1 + math.exp(-3.0))
    actual = prototype(vectors, [torch.eye(2)], torch.tensor([[0]]), scale=3.0).item()
    assert pytest.approx(expected) == actual


def test_prototype_ignores_what_is_not_named():
    """The mean is over named attributes only; naming nothing costs nothing."""
    vectors, groups = torch.eye(2), [torch.eye(2), torch.eye(2)]
    codes = torch.tensor([[0, NOT_NAMED], [NOT_NAMED, 1]])
    only = prototype(vectors[:1], groups[:1], codes[:1, :1], 4.0)
    torch.testing.assert_close(prototype(vectors, groups, codes, 4.0), only)
    assert prototype(vectors, groups, torch.full((2, 2), NOT_NAMED), 4.0).item() == 0


def test_cosine_is_zero_to_two():
    """Equal vectors cost 0, opposite ones 2, orthogonal ones 1."""
    vectors = torch.tensor([[1.0, 0.0]])
    assert cosine(vectors, vectors).item() == 0
    assert cosine(vectors, -vectors).item() == 2
    assert cosine(vectors, torch.tensor([[0.0, 1.0]])).item() == 1
