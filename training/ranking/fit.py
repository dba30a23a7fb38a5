"""Train a ranking network: members that each hold a part of the lists out, stopped where those parts are ordered best.

One run gives three things: the network (the mean of the members), the epoch to stop at, and a cross-validated NDCG that
no query flattered, since each is judged by members that never learned from it.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from training.errors import TrainingError
from training.losses.lambdarank import lambdarank
from training.losses.listnet import listnet
from training.losses.ranknet import ranknet
from training.ranking.folds import folds_of
from training.ranking.lists import Batch, Lists
from training.ranking.ndcg import ndcg
from training.ranking.network import RankingNetwork
from training.ranking.recipe import RankingRecipe

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
# Padded pairs of one step, over all members: 4 bytes each, in some ten intermediate tensors.
PAIRS_MAX = 8_000_000


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained network, and the mean NDCG of lists held out: before any epoch, and after each."""

    network: RankingNetwork
    curve: tuple[float, ...]

    @property
    def ndcg(self) -> float:
        """That of the epoch whose weights were kept."""
        return max(self.curve)

    @property
    def epochs(self) -> int:
        """After how many epochs the weights were kept."""
        return self.curve.index(self.ndcg)


def fit(lists: Lists, recipe: RankingRecipe) -> Fitted:
    """Train on *lists*; the same lists and recipe give the same network.

    Raises:
        TrainingError: there are fewer than two lists, or the loss is no longer a number.
    """
    if len(lists) < 2:
        raise TrainingError("there is one query only; one to learn from and one to hold out are needed")
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(recipe.seed)
        return _fit(lists, recipe, _taught(len(lists), recipe))


def _taught(count: int, recipe: RankingRecipe) -> Tensor:
    """Return which member learns from which list, bool [members, count]."""
    folds = min(recipe.folds, count)
    partings = [folds_of(count, folds, recipe.seed + repeat) for repeat in range(recipe.repeats)]
    return torch.stack([parting != fold for parting in partings for fold in range(folds)])


def _fit(lists: Lists, recipe: RankingRecipe, taught: Tensor) -> Fitted:
    network = RankingNetwork(
        lists.features.shape[1], recipe.hidden, len(taught), recipe.input_dropout, recipe.hidden_dropout
    )
    network.scaling.fit(lists.features)
    scaled = replace(lists, features=network.scaling(lists.features))
    steps = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    if recipe.start_from is not None:
        network.prior[recipe.start_from] = 1
    best, kept = 0, copy.deepcopy(network.state_dict())
    curve = [held_out_ndcg(network, scaled, ~taught, recipe.cutoff)]
    while len(curve) <= recipe.epochs_max and len(curve) - 1 - best < recipe.patience:
        _epoch(network, steps, scaled, recipe, taught)
        curve.append(held_out_ndcg(network, scaled, ~taught, recipe.cutoff))
        if curve[-1] > curve[best]:
            best, kept = len(curve) - 1, copy.deepcopy(network.state_dict())
    network.load_state_dict(kept)
    return Fitted(network.eval(), tuple(curve))


def _epoch(
    network: RankingNetwork,
    steps: torch.optim.Optimizer,
    lists: Lists,
    recipe: RankingRecipe,
    taught: Tensor,
) -> None:
    """Pass over all lists, their features scaled, once in a random order."""
    loss = loss_of(recipe)
    network.train()
    for chosen in batches(torch.randperm(len(lists)), recipe.lists_per_batch):
        for part in _parts(lists, chosen, len(taught)):
            scored = losses(network, lists.batch(part), loss)
            mean = (scored * taught[:, part]).sum() / len(chosen)
            if not mean.isfinite():
                raise TrainingError(
                    f"the loss {recipe.loss} is no longer a number; lower learning_rate ({recipe.learning_rate})"
                )
            mean.backward()  # type: ignore[no-untyped-call]
        steps.step()
        steps.zero_grad()


def _parts(lists: Lists, chosen: Tensor, members: int) -> list[Tensor]:
    """Split one step's lists so that the pairs of each part fit into memory."""
    longest = int((lists.starts[chosen + 1] - lists.starts[chosen]).max())
    return batches(chosen, max(1, PAIRS_MAX // (members * longest**2)))


def batches(chosen: Tensor, size: int) -> list[Tensor]:
    """Split the numbers of lists into runs of *size* at most."""
    return [chosen[start : start + size] for start in range(0, len(chosen), size)]


def losses(network: RankingNetwork, batch: Batch, loss: Loss) -> Tensor:
    """Return the loss of each member on each list, [members, B]."""
    scores = batch.padded(network.member_scores(batch.features))
    return loss(scores, batch.labels.expand_as(scores), batch.mask.expand_as(scores))


def loss_of(recipe: RankingRecipe) -> Loss:
    """Return the recipe's loss with its numbers."""
    return {
        "ranknet": partial(ranknet, sigma=recipe.sigma),
        "listnet": partial(listnet, temperature=recipe.temperature),
        "lambdarank": partial(lambdarank, sigma=recipe.sigma, cutoff=recipe.lambda_cutoff),
    }[recipe.loss]


@torch.inference_mode()
def held_out_ndcg(network: RankingNetwork, lists: Lists, held_out: Tensor, cutoff: int) -> float:
    """Return the mean NDCG of each list, its features scaled, by each member that holds it out, bool [members, Q]."""
    network.eval()
    total = torch.zeros(())
    for chosen in batches(torch.arange(len(lists)), 1024):
        batch = lists.batch(chosen)
        scores = batch.padded(network.member_scores(batch.features))
        figures = ndcg(scores, batch.labels.expand_as(scores), batch.mask.expand_as(scores), cutoff)
        total = total + (figures * held_out[:, chosen]).sum()
    return float(total / held_out.sum())
