"""What a run is at one moment, as a checkpoint keeps it."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from training.contrastive.checkpoint import random_states, restore_random_states
from training.contrastive.stopping import Patience
from training.errors import TrainingError


def own_weights(network: nn.Module) -> dict[str, Tensor]:
    """Return everything that training can change: learned weights and running statistics, not frozen backbones."""
    frozen = {name for name, value in network.named_parameters() if not value.requires_grad}
    return {name: value for name, value in network.state_dict().items() if name not in frozen}


def load_own_weights(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Put back what `own_weights` returned.

    Raises:
        TrainingError: the weights are those of another network.
    """
    expected = own_weights(network)
    shapes = {name: value.shape for name, value in weights.items()}
    if shapes != {name: value.shape for name, value in expected.items()}:
        raise TrainingError("the checkpoint holds the weights of other encoders than the recipe's")
    network.load_state_dict(dict(weights), strict=False)


def patience_state(patience: Patience) -> dict[str, Any]:
    """Return what changes in a Patience."""
    return {"best": patience.best, "best_step": patience.best_step, "since": patience.since}


def restore_patience(patience: Patience, state: Mapping[str, Any]) -> None:
    """Put back what `patience_state` returned."""
    patience.best, patience.best_step, patience.since = state["best"], state["best_step"], state["since"]


def run_state(network: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Any]:
    """Return weights, optimiser and random numbers."""
    return {
        "weights": own_weights(network),
        "optimiser": optimiser.state_dict(),
        "random": random_states(),
    }


def restore_run(network: nn.Module, optimiser: torch.optim.Optimizer, state: Mapping[str, Any]) -> None:
    """Put back what `run_state` returned."""
    load_own_weights(network, state["weights"])
    optimiser.load_state_dict(state["optimiser"])
    restore_random_states(state["random"])
