"""The encoders and what they learn together: the loss over every pair of modalities in a batch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor, nn

from training.contrastive.batch import Batch, Part
from training.contrastive.corpus import NO_LABEL
from training.contrastive.gather import gathered
from training.contrastive.recipe import LossRecipe
from training.losses.info_nce import info_nce
from training.losses.prototype import prototype
from training.losses.sigmoid import sigmoid
from training.networks.blocks import unit
from training.networks.encoder import ModalityEncoder

# CLIP's bound: cosines are never multiplied with more.
SCALE_MAX = 100.0
# Where the sigmoid loss starts (Zhai et al. 2023, section 3.2).
_SIGMOID_SCALE, _SIGMOID_BIAS = 10.0, -10.0


@dataclass(frozen=True, eq=False)
class Embedded:
    """Unit vectors [b, D] and bool [b] by modality; what is not present is masked. Groups and labels int64 [b]."""

    vectors: Mapping[str, Tensor]
    present: Mapping[str, Tensor]
    groups: Tensor
    labels: Tensor


class SharedSpace(nn.Module):
    """Encoders into one space, the learned temperature (and bias), and one prototype a label where asked for."""

    def __init__(self, encoders: Mapping[str, ModalityEncoder], recipe: LossRecipe, labels: int) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict(dict(encoders))
        self.recipe = recipe
        dimension = next(iter(encoders.values())).dimension
        start = _SIGMOID_SCALE if recipe.kind == "sigmoid" else 1 / recipe.temperature
        self.log_scale = nn.Parameter(torch.tensor(math.log(start)), requires_grad=recipe.learn_temperature)
        self.bias = nn.Parameter(torch.tensor(_SIGMOID_BIAS), requires_grad=recipe.kind == "sigmoid")
        wanted = labels if recipe.prototype_weight else 0
        self.prototypes = nn.Parameter(unit(torch.randn(max(1, wanted), dimension)), requires_grad=wanted > 0)

    def encoder(self, modality: str) -> ModalityEncoder:
        """Return the encoder of a modality."""
        found = self.encoders[modality]
        assert isinstance(found, ModalityEncoder)
        return found

    def vectors(self, modality: str, part: Part) -> Tensor:
        """Return unit vectors [n, D] of one part of a batch."""
        encoder = self.encoder(modality)
        vectors = encoder.project(*part.inputs) if part.is_features else encoder(*part.inputs)
        return vectors.float()

    def embed(self, batch: Batch) -> Embedded:
        """Encode this process's batch and gather those of the other processes."""
        size, vectors, present = len(batch.rows), {}, {}
        for name in self.encoders:
            full = self.prototypes.new_zeros(size, self.prototypes.shape[1])
            there = torch.zeros(size, dtype=torch.bool, device=full.device)
            if name in batch.parts:
                part = batch.parts[name]
                full = full.index_copy(0, part.places, self.vectors(name, part))
                there[part.places] = True
            vectors[name], present[name] = gathered(full), gathered(there)
        return Embedded(vectors, present, gathered(batch.groups), gathered(batch.labels))

    def loss(self, embedded: Embedded) -> tuple[Tensor, dict[str, float]]:
        """Return the weighted sum of the losses, and each by its name."""
        terms: dict[str, Tensor] = {}
        if self.recipe.contrastive_weight:
            pairs = self._contrastive(embedded)
            if pairs:
                terms["contrastive"] = self.recipe.contrastive_weight * _mean(pairs)
        if self.recipe.prototype_weight:
            terms["prototype"] = self.recipe.prototype_weight * self._prototype(embedded)
        nothing = sum(vectors.sum() for vectors in embedded.vectors.values()) * 0
        total = nothing + sum(terms.values())
        assert isinstance(total, Tensor)
        return total, {name: term.item() for name, term in terms.items()} | {"scale": self.scale().item()}

    def scale(self) -> Tensor:
        """Return what cosines are multiplied with: the inverse of the temperature."""
        return self.log_scale.exp().clamp(max=SCALE_MAX)

    @torch.no_grad()
    def clamp(self) -> None:
        """Keep the learned scale within its bound, as CLIP does after every step."""
        self.log_scale.clamp_(0.0, math.log(SCALE_MAX))

    def _contrastive(self, embedded: Embedded) -> list[Tensor]:
        names = [name for name in self.encoders if embedded.present[name].any()]
        pairs = list(combinations(names, 2)) + [(name, name) for name in names if self.recipe.within]
        losses = [self._pair(embedded, one, other) for one, other in pairs]
        return [loss for loss in losses if loss is not None]

    def _pair(self, embedded: Embedded, one: str, other: str) -> Tensor | None:
        """Return the loss of one pair of modalities, None where nothing in the batch belongs together."""
        rows, columns = (embedded.present[name].nonzero()[:, 0] for name in (one, other))
        groups = embedded.groups
        right = groups[rows][:, None] == groups[columns][None]
        # A vector is no answer to itself.
        allowed = rows[:, None] != columns[None] if one == other else torch.ones_like(right)
        if not (right & allowed).any():
            return None
        similarities = embedded.vectors[one][rows] @ embedded.vectors[other][columns].T
        if self.recipe.kind == "sigmoid":
            return sigmoid(similarities, right, self.scale(), self.bias, allowed)
        return info_nce(similarities, right, 1 / self.scale(), self.recipe.smoothing, allowed)

    def _prototype(self, embedded: Embedded) -> Tensor:
        losses = []
        for name, vectors in embedded.vectors.items():
            chosen = embedded.present[name] & (embedded.labels != NO_LABEL)
            if chosen.any():
                codes = embedded.labels[chosen][:, None]
                losses.append(
                    prototype(
                        vectors[chosen],
                        [unit(self.prototypes)],
                        codes,
                        self.recipe.prototype_scale,
                        self.recipe.smoothing,
                    )
                )
        return _mean(losses) if losses else self.prototypes.sum() * 0


def _mean(losses: list[Tensor]) -> Tensor:
    return torch.stack(losses).mean()
