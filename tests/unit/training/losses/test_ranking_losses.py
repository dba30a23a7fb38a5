"""RankNet, ListNet and LambdaRank: by hand, by brute force, by finite differences, and with padding."""

import math
from itertools import permutations

import pytest
import torch

from training.losses.lambdarank import lambdarank, ndcg_changes
from training.losses.listnet import listnet
from training.losses.ranknet import ranknet

LOSSES = (ranknet, listnet, lambdarank)
ALL = torch.ones(1, 3, dtype=torch.bool)


def some(length, seed=0, lists=4):
    """Scores without ties, labels 0..3 with ties, and lists of different lengths."""
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(lists, length, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, 4, (lists, length), generator=generator).double()
    mask = torch.arange(length) < torch.tensor([[length - at % 3] for at in range(lists)])
    return scores, labels, mask


def dcg(labels, cutoff=None):
    """DCG of labels in their order, by the definition."""
    return sum((2**label - 1) / math.log2(rank + 1) for rank, label in enumerate(labels[:cutoff], start=1))


def test_ranknet_by_hand():
    """Scores 1, 0, 0 of labels 1, 0, 1: the pairs cost log(1 + e^-1) and log 2; their mean is the loss."""
    loss = ranknet(torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[1.0, 0.0, 1.0]]), ALL)

    assert pytest.approx((math.log(1 + math.exp(-1)) + math.log(2)) / 2) == loss.item()
    assert pytest.approx(0.503204, abs=1e-6) == loss.item()


def test_ranknet_gradient_by_hand():
    """At equal scores each pair pulls with half of sigma, up the better and down the worse."""
    scores = torch.zeros(1, 2, requires_grad=True)

    ranknet(scores, torch.tensor([[0.0, 1.0]]), ALL[:, :2], sigma=3.0).sum().backward()

    assert [[1.5, -1.5]] == scores.grad.tolist()


def test_listnet_by_hand():
    """Labels 1, 0 ask for the shares 0.7311 and 0.2689; equal scores give 0.5 each, so the loss is log 2."""
    labels, mask = torch.tensor([[1.0, 0.0]]), ALL[:, :2]
    share = math.e / (1 + math.e)

    even = listnet(torch.tensor([[2.0, 2.0]]), labels, mask).item()
    right = listnet(torch.tensor([[1.0, 0.0]]), labels, mask).item()

    assert pytest.approx(math.log(2)) == even
    assert pytest.approx(-share * math.log(share) - (1 - share) * math.log(1 - share)) == right
    assert pytest.approx(0.582203, abs=1e-6) == right


def test_listnet_gradient_is_the_difference_of_shares():
    """The closed form: the gradient is softmax(scores) - softmax(labels / temperature)."""
    scores, labels, mask = some(6)
    scores.requires_grad_()

    listnet(scores, labels, mask, temperature=0.5).sum().backward()

    def shares(values):
        return values.masked_fill(~mask, -torch.inf).softmax(-1)

    torch.testing.assert_close(scores.grad, shares(scores.detach()) - shares(labels / 0.5))


def test_listnet_first_place_by_enumeration():
    """The share of an item is the sum of Plackett and Luce's probabilities of the orders that it leads."""
    labels = torch.tensor([[2.0, 0.0, 1.0]])
    weights = [math.exp(value) for value in (2.0, 0.0, 1.0)]
    leading = [0.0, 0.0, 0.0]
    for order in permutations(range(3)):
        left, likelihood = sum(weights), 1.0
        for item in order:
            likelihood *= weights[item] / left
            left -= weights[item]
        leading[order[0]] += likelihood
    scores = torch.tensor([[0.3, -1.0, 0.5]])

    expected = -(torch.tensor(leading) * scores.log_softmax(-1)).sum().item()

    assert pytest.approx(expected, rel=1e-5) == listnet(scores, labels, ALL).item()


def test_lambdarank_by_hand():
    """Labels 0, 2 in this order: swapping changes NDCG by 3 (1 - 1/log2 3) / 3; the pair costs log(1 + e^0.5)."""
    loss = lambdarank(torch.tensor([[0.5, 0.0]]), torch.tensor([[0.0, 2.0]]), ALL[:, :2])

    assert pytest.approx((1 - 1 / math.log2(3)) * math.log(1 + math.exp(0.5))) == loss.item()
    assert pytest.approx(0.359503, abs=1e-6) == loss.item()


@pytest.mark.parametrize("cutoff", [None, 1, 3])
def test_changes_of_ndcg_by_brute_force(cutoff):
    """The weight of a pair is what NDCG really changes by when the two swap places."""
    scores, labels, mask = some(6)
    changes = ndcg_changes(scores, labels, mask, cutoff)

    for row in range(len(scores)):
        length = int(mask[row].sum())
        order = scores[row, :length].argsort(descending=True).tolist()
        ideal = dcg(sorted(labels[row, :length].tolist(), reverse=True), cutoff)
        now = dcg([labels[row, item].item() for item in order], cutoff)
        for i in range(length):
            for j in range(length):
                swapped = [{i: j, j: i}.get(item, item) for item in order]
                then = dcg([labels[row, item].item() for item in swapped], cutoff)
                assert pytest.approx(abs(then - now) / ideal, abs=1e-6) == changes[row, i, j].item()


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_lambdarank_gradient_is_the_sum_of_lambdas(sigma):
    """The closed form: λ_ij = -σ / (1 + exp(σ (s_i - s_j))) · |ΔNDCG_ij|, up for i and down for j."""
    scores, labels, mask = some(6)
    scores.requires_grad_()

    lambdarank(scores, labels, mask, sigma=sigma).sum().backward()

    changes = ndcg_changes(scores, labels, mask)
    expected = torch.zeros_like(scores)
    for row in range(len(scores)):
        for i in range(6):
            for j in range(6):
                if mask[row, i] and mask[row, j] and labels[row, i] > labels[row, j]:
                    apart = (scores[row, i] - scores[row, j]).item()
                    pull = -sigma / (1 + math.exp(sigma * apart)) * changes[row, i, j]
                    expected[row, i] += pull
                    expected[row, j] -= pull
    torch.testing.assert_close(scores.grad, expected)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_by_finite_differences(loss):
    """Autograd's gradients are those that small steps show; LambdaRank's places stay fixed under small steps."""
    scores, labels, mask = some(5)

    assert torch.autograd.gradcheck(lambda s: loss(s, labels, mask), scores.requires_grad_())


@pytest.mark.parametrize("loss", LOSSES)
def test_padding_changes_nothing(loss):
    """A padded list costs what the list alone costs, and its padding gets no gradient."""
    scores, labels, mask = some(6)
    scores.requires_grad_()

    padded = loss(scores, labels, mask)
    padded.sum().backward()

    for row in range(len(scores)):
        there = mask[row]
        alone = loss(scores[row, there][None], labels[row, there][None], there[there][None])
        torch.testing.assert_close(padded[row], alone[0])
        assert not scores.grad[row, ~there].any()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("items", [0, 1])
def test_lists_too_short_to_order(loss, items):
    """A list of one item, or of none, costs nothing and pulls nowhere."""
    scores = torch.randn(1, 4, requires_grad=True)
    mask = torch.arange(4)[None] < items

    cost = loss(scores, torch.tensor([[3.0, 1.0, 0.0, 2.0]]), mask)
    cost.sum().backward()

    assert 0 == cost.item()
    assert [[0, 0, 0, 0]] == scores.grad.tolist()


@pytest.mark.parametrize("loss", [ranknet, lambdarank])
def test_equal_labels(loss):
    """Items that are equally good are no pair: any order of them is right."""
    scores = torch.randn(1, 3, requires_grad=True)

    cost = loss(scores, torch.full((1, 3), 2.0), ALL)
    cost.sum().backward()

    assert 0 == cost.item()
    assert [[0, 0, 0]] == scores.grad.tolist()


@pytest.mark.parametrize("loss", LOSSES)
def test_order_of_items_is_no_matter(loss):
    """Permuting a list, scores all equal or not, changes neither loss nor gradients."""
    scores, labels, mask = some(6, lists=1)
    mask[:] = True
    order = torch.randperm(6, generator=torch.Generator().manual_seed(1))
    for start in (scores, torch.zeros_like(scores)):
        one, other = start.clone().requires_grad_(), start[:, order].clone().requires_grad_()
        cost, permuted = loss(one, labels, mask), loss(other, labels[:, order], mask)
        cost.sum().backward()
        permuted.sum().backward()

        torch.testing.assert_close(cost, permuted)
        # Of items equal in score and label it is arbitrary which stands where; their gradients are compared together.
        for label in labels.unique():
            same = labels[0] == label
            torch.testing.assert_close(
                one.grad[0, same].sum(), other.grad[0, (labels[:, order] == label)[0]].sum()
            )


def test_lambdarank_tells_ties_apart():
    """Where all scores are equal the better item is still pulled up."""
    scores = torch.zeros(1, 3, requires_grad=True)

    lambdarank(scores, torch.tensor([[2.0, 0.0, 0.0]]), ALL).sum().backward()

    assert scores.grad[0, 0] < 0 < scores.grad[0, 1:].min()


def test_lambdarank_beyond_the_cutoff():
    """A pair of which neither stands within the cutoff has no weight; a pair with one inside has."""
    scores, labels = torch.tensor([[3.0, 2.0, 1.0]], requires_grad=True), torch.tensor([[3.0, 0.0, 1.0]])

    lambdarank(scores, labels, ALL, cutoff=1).sum().backward()

    changes = ndcg_changes(scores, labels, ALL, cutoff=1)[0]
    assert 0 == changes[1, 2]
    assert changes[0, 1] > 0
    assert scores.grad[0, 0] < 0
