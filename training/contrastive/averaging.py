"""The running mean of weights, which is smoother than the weights of any one step (Polyak & Juditsky 1992)."""

import contextlib
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn


class RunningMean:
    """Keeps mean = decay * mean + (1 - decay) * weights; young means follow faster (as in TensorFlow's EMA)."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.mean = {name: value.detach().clone() for name, value in _learned(network)}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the weights of one step."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, value in _learned(network):
            self.mean[name].lerp_(value, 1 - decay)

    @contextlib.contextmanager
    def in_place(self, network: nn.Module) -> Iterator[None]:
        """Let *network* have the mean weights for as long as the context lasts."""
        own = {name: value.detach().clone() for name, value in _learned(network)}
        self._fill(network, self.mean)
        try:
            yield
        finally:
            self._fill(network, own)

    def copy_to(self, network: nn.Module) -> None:
        """Give *network* the mean weights for good."""
        self._fill(network, self.mean)

    @staticmethod
    @torch.no_grad()
    def _fill(network: nn.Module, values: Mapping[str, Tensor]) -> None:
        for name, parameter in _learned(network):
            parameter.copy_(values[name])


def _learned(network: nn.Module) -> list[tuple[str, nn.Parameter]]:
    return [(name, value) for name, value in network.named_parameters() if value.requires_grad]
