"""The last stage: fusion heads learn that any parts of a product name it, and what words change about it."""

import torch
from torch import Tensor

from training import loop
from training.contrastive.fusion_bank import Bank, Phrases
from training.contrastive.fusion_mixtures import (
    PRODUCT,
    Lesson,
    LessonSampler,
    mixtures_of,
    query_vectors,
)
from training.contrastive.recipe import FusionRecipe
from training.losses.evenness import evenness
from training.losses.multi_positive import multi_positive
from training.networks.fusion import FusionHeads, LearnedFusion

# How often the fused products that composed queries may start from are made anew.
_PRODUCTS_EVERY_STEPS = 100


def train_fusion_heads(bank: Bank, phrases: Phrases, recipe: FusionRecipe, seed: int) -> FusionHeads:
    """Train all heads side by side on the vectors of the train records; the encoders stay as they are."""
    torch.manual_seed(seed)
    network = new_heads(recipe, bank.vectors.shape[2])
    sampler = LessonSampler(bank, phrases, recipe.composed_share, seed)
    schedule = loop.Schedule(
        steps=recipe.steps,
        batch=recipe.batch,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
    )

    def loss_of_step(step: int) -> Tensor:
        if step % _PRODUCTS_EVERY_STEPS == 0:
            sampler.products = _products(network.learned, bank)
        lesson = sampler.draw(recipe.batch)
        return lesson_loss(network, lesson, recipe)

    loop.run("fusion", network, schedule, loss_of_step)
    return network


def new_heads(recipe: FusionRecipe, dimension: int) -> FusionHeads:
    """Return heads that have learned nothing yet: each is the weighted sum."""
    return FusionHeads(
        rank=recipe.rank, width=recipe.width, layers=recipe.layers, heads=recipe.heads, dimension=dimension
    )


def lesson_loss(network: FusionHeads, lesson: Lesson, recipe: FusionRecipe) -> Tensor:
    """Return how badly all heads find the right products, and how much missing parts move the products' scores.

    As the suite serves them: products are always fused by the learned head, whatever head fuses the query. So the
    learned head answers for the products, and the others aim at what it makes of them.
    """
    products = network.learned(*lesson.candidates.parts)
    similarities = query_vectors(network.learned, lesson.queries) @ products.T
    found = [multi_positive(similarities, lesson.right, recipe.temperature)]
    for name, head in network.by_name().items():
        if name != "learned":
            others = query_vectors(head, lesson.queries) @ products.detach().T
            found.append(multi_positive(others, lesson.right, recipe.temperature))
    uneven = evenness(similarities, ~lesson.right, lesson.kinds)
    # In units of the temperature, squared: what a difference of means does to the softmax.
    total = torch.stack(found).sum() + recipe.evenness_weight * uneven / recipe.temperature**2
    if recipe.unfused_weight:
        total = total + recipe.unfused_weight * unfused_loss(network, lesson, recipe.temperature)
    return total


def unfused_loss(network: FusionHeads, lesson: Lesson, temperature: float) -> Tensor:
    """Return how badly mixtures of several parts find products by vectors of one modality, which no head has touched.

    A search may ask for those: "like this photo, but blue" among photos. Zero where the lesson has no such mixture.
    """
    several = (lesson.queries.weights != 0).sum(dim=1) > 1
    parts = [part[several] for part in lesson.queries.parts]
    fused = [head(*parts) for head in network.by_name().values()]
    losses = []
    for modality in range(PRODUCT):
        own = lesson.candidates.vectors[:, modality]
        having = own.any(dim=1)
        right = lesson.right[several][:, having]
        if right.any():
            losses += [multi_positive(queries @ own[having].T, right, temperature) for queries in fused]
    return torch.stack(losses).mean() * len(fused) if losses else lesson.queries.vectors.sum() * 0


@torch.no_grad()
def _products(head: LearnedFusion, bank: Bank) -> Tensor:
    """Return the fused vector [N, D] of each product, as a catalogue holds it."""
    fused: Tensor = head(*mixtures_of(bank, bank.present).parts)
    return fused
