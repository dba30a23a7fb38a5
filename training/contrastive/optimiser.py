"""AdamW with a rate for each head, each backbone and the rest, and steps that must not spoil anything."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from training.contrastive.recipe import EncoderRecipe, OptimiserRecipe
from training.contrastive.space import SharedSpace

# Of temperature and bias.
_SHARED_RATE = 1e-3
# Kinds of encoders that bring a backbone which others have trained: it is changed with care.
_PRETRAINED = frozenset({"onnx", "pretrained", "clip", "clap"})


def make_optimiser(
    space: SharedSpace, encoders: Mapping[str, EncoderRecipe], recipe: OptimiserRecipe
) -> torch.optim.AdamW:
    """Return the optimiser; each group keeps its highest rate as "rate_max", scheduled by `set_rates`."""
    groups = [
        _group([space.log_scale, space.bias], _SHARED_RATE, 0.0),
        _group([space.prototypes], max(one.learning_rate for one in encoders.values()), 0.0),
    ]
    for name, own in encoders.items():
        encoder = space.encoder(name)
        head = {id(parameter) for parameter in encoder.out.parameters()}
        backbone_rate = own.backbone_learning_rate if own.kind in _PRETRAINED else own.learning_rate
        for is_head, rate in ((True, own.learning_rate), (False, backbone_rate)):
            chosen = [one for one in encoder.parameters() if (id(one) in head) == is_head]
            # Biases, norms and scales are not shrunk: they are no directions (Loshchilov & Hutter 2019).
            groups.append(_group([one for one in chosen if one.ndim > 1], rate, recipe.weight_decay))
            groups.append(_group([one for one in chosen if one.ndim <= 1], rate, 0.0))
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=0.0)


def set_rates(optimiser: torch.optim.Optimizer, share: float) -> None:
    """Set every group's rate to *share* of its highest."""
    for group in optimiser.param_groups:
        group["lr"] = share * group["rate_max"]


def learned(space: nn.Module) -> list[nn.Parameter]:
    """Return the parameters that learn."""
    return [parameter for parameter in space.parameters() if parameter.requires_grad]


def _group(parameters: Iterable[nn.Parameter], rate: float, decay: float) -> dict[str, Any]:
    chosen = [parameter for parameter in parameters if parameter.requires_grad]
    return {"params": chosen, "rate_max": rate, "weight_decay": decay}
