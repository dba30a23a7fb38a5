"""Training a describer: the image encoder stays as it is, so its features are computed once."""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from training import loop
from training.describe.sentences import PADDING
from training.errors import TrainingError
from training.networks.describer import Describer, DescriberShape


@dataclass(frozen=True)
class DescriberRecipe:
    """Everything that decides what a describer becomes.

    Args:
        vocabulary_max: word pieces at most.
        words_max: words of a record's first sentence that are learned.
        feature_noise: standard deviation of the noise on features, in units of their own spread: pictures that were
            not seen in training have other features.
        label_smoothing: how much of each target is spread over all pieces; also keeps the confidence honest.
        schedule: steps, batch size, rates.
        seed: of weights, batches and noise.
    """

    vocabulary_max: int = 800
    words_max: int = 24
    feature_noise: float = 0.1
    label_smoothing: float = 0.05
    schedule: loop.Schedule = field(
        default_factory=lambda: loop.Schedule(steps=1200, batch=64, learning_rate=1e-3)
    )
    seed: int = 7


def train_describer(
    features: Tensor, sentences: Tensor, owners: Tensor, shape: DescriberShape, recipe: DescriberRecipe
) -> Describer:
    """Return a describer that learned to say *sentences* about pictures.

    Args:
        features: [N, F] of N pictures, by the image encoder's backbone.
        sentences: framed pieces [M, T].
        owners: int64 [M], the picture that each sentence is about; a picture may have several, or none.
        shape: of the network.
        recipe: how it learns.

    Raises:
        TrainingError: there is nothing to learn from.
    """
    if not len(sentences):
        raise TrainingError("no picture has a sentence that a describer could learn from")
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    network = Describer(shape)
    spread = recipe.feature_noise * features.std(dim=0)

    def loss_of_step(_: int) -> Tensor:
        rows = torch.from_numpy(rng.integers(len(sentences), size=recipe.schedule.batch))
        seen = features[owners[rows]]
        return loss(network, seen + spread * torch.randn_like(seen), sentences[rows], recipe.label_smoothing)

    loop.run("describer", network, recipe.schedule, loss_of_step)
    return network


def loss(network: Describer, features: Tensor, sentences: Tensor, smoothing: float) -> Tensor:
    """Return the mean cross-entropy of each next piece of framed sentences [B, T]."""
    sentences = sentences[:, : int((sentences != PADDING).sum(1).max())]
    scores = network(features, sentences[:, :-1])
    return nn.functional.cross_entropy(
        scores.flatten(0, 1), sentences[:, 1:].flatten(), ignore_index=PADDING, label_smoothing=smoothing
    )
