import pytest
import torch

from training.losses.evenness import evenness


def test_it_is_the_variance_of_the_mean_scores_of_strangers():
    """Kinds whose strangers score 0.2 and 0.6 on average differ by 0.4: variance 0.04."""
    similarities = torch.tensor([[0.1, 0.3, 0.6, 0.9]])
    wrong = torch.tensor([[True, True, True, False]])
    kinds = torch.tensor([1, 1, 2, 2])
    assert pytest.approx(0.04) == evenness(similarities, wrong, kinds).item()


def test_right_answers_and_single_kinds_cost_nothing():
    """Right answers may score as they like, and one kind has nothing to be uneven with."""
    similarities = torch.tensor([[0.4, 0.4, 0.9]])
    wrong = torch.tensor([[True, True, False]])
    assert evenness(similarities, wrong, torch.tensor([1, 2, 3])).item() == pytest.approx(0)
    assert evenness(similarities, wrong, torch.tensor([3, 3, 3])).item() == 0
