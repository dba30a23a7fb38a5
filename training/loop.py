"""The loop that short stages share: AdamW, warm-up and cosine decay, progress with the time left."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.reporting import Reporter


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a stage learns."""

    steps: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.02
    warm_up_share: float = 0.08
    gradient_norm_max: float = 1.0


def run(stage: str, network: nn.Module, schedule: Schedule, loss_of_step: Callable[[int], Tensor]) -> None:
    """Train *network* in place; `loss_of_step(step)` makes a batch and returns its loss."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.0, weight_decay=schedule.weight_decay)
    network.train()
    with Reporter(stage, schedule.steps) as report:
        for step in range(schedule.steps):
            loss = loss_of_step(step)
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(schedule, step)
            _descend(network, optimiser, loss, schedule.gradient_norm_max)
            report.step(step + 1, loss.item())
    network.eval()


def learning_rate(schedule: Schedule, step: int) -> float:
    """Rise linearly, then fall along a half cosine to zero (Loshchilov & Hutter 2017)."""
    warm_up = max(1, round(schedule.steps * schedule.warm_up_share))
    if step < warm_up:
        return schedule.learning_rate * (step + 1) / warm_up
    share = (step - warm_up) / max(1, schedule.steps - warm_up)
    return schedule.learning_rate * 0.5 * (1 + math.cos(math.pi * share))


def _descend(network: nn.Module, optimiser: torch.optim.Optimizer, loss: Tensor, norm_max: float) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), norm_max)
    optimiser.step()
