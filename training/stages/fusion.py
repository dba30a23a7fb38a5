"""Stage 4: the fusion heads learn what mixtures mean; all encoders stay as they are."""

from collections.abc import Sequence

import torch
from torch import Tensor

from training import loop
from training.data.mixtures import IMAGE, PRODUCT, TEXT, Bank, Mixtures, MixtureSampler
from training.losses.cosine import cosine
from training.meaning import meaning
from training.networks.fusion import FusionHeads, LearnedFusion, compact_fusion_heads

# How often the vectors of products, which the learned head makes, are made anew while it changes.
PRODUCTS_EVERY = 150


def train_fusion(banks: Sequence[Bank], schedule: loop.Schedule, seed: int) -> FusionHeads:
    """Train all heads side by side on mixtures of text, image and audio vectors (*banks*, in this order)."""
    network = compact_fusion_heads()
    sampler = MixtureSampler([*banks, _products(network.learned, banks)], seed)

    def loss_of_step(step: int) -> Tensor:
        if step % PRODUCTS_EVERY == 0:
            sampler.banks[PRODUCT] = _products(network.learned, banks)
        return fusion_loss(network, sampler.draw(schedule.batch))

    loop.run("fusion", network, schedule, loss_of_step)
    return network


def fusion_loss(network: FusionHeads, mixtures: Mixtures) -> Tensor:
    """Return the sum over the heads of the cosine distance to the meaning."""
    target = meaning(mixtures.codes, mixtures.weights, mixtures.modalities)
    parts = mixtures.vectors, mixtures.weights, mixtures.modalities
    heads = (network.concatenation, network.bilinear, network.learned)
    losses = [cosine(head(*parts), target) for head in heads]
    return torch.stack(losses).sum()


@torch.no_grad()
def _products(head: LearnedFusion, banks: Sequence[Bank]) -> Bank:
    """Fuse each picture with a full text of the same combination, as a shop's products are."""
    texts = {tuple(code): row for row, code in enumerate(banks[TEXT].codes.tolist())}
    rows = torch.tensor([texts.get(tuple(code), -1) for code in banks[IMAGE].codes.tolist()])
    described = (rows >= 0).nonzero()[:, 0]
    vectors = torch.stack([banks[TEXT].vectors[rows[described]], banks[IMAGE].vectors[described]], dim=1)
    weights, modalities = (
        torch.ones(len(described), 2),
        torch.tensor([[TEXT, IMAGE]]).expand(len(described), 2),
    )
    return Bank(head(vectors, weights, modalities), banks[IMAGE].codes[described])
