"""Losses that are not numbers: a few are passed over and counted, then the training stops and says why."""

import torch
from torch import Tensor, nn

from training.contrastive.batch import Batch
from training.contrastive.corpus import Corpus
from training.contrastive.space import Embedded
from training.errors import TrainingError


class Guard:
    """Counts steps in a row whose loss or gradient is not finite.

    Args:
        limit: so many in a row are passed over; one more ends the training.
        network: whose running statistics are put back after a bad step.
    """

    def __init__(self, limit: int, network: nn.Module) -> None:
        self.limit = limit
        self.in_a_row = self.total = 0
        self._network = network
        self._buffers: list[Tensor] = []

    def before(self) -> None:
        """Remember the running statistics: a bad batch would leave its mark in them."""
        self._buffers = [buffer.clone() for buffer in _statistics(self._network)]

    def good(self) -> None:
        """Note a step whose loss and gradient were finite."""
        self.in_a_row = 0

    def bad(self, step: int, cause: str, last_good: str) -> None:
        """Note a bad step.

        Raises:
            TrainingError: there were too many in a row; names the step, the likely cause and what is left.
        """
        self.in_a_row += 1
        self.total += 1
        for buffer, kept in zip(_statistics(self._network), self._buffers, strict=True):
            buffer.copy_(kept)
        if self.in_a_row > self.limit:
            raise TrainingError(
                f"the loss of step {step} is not a number, nor were those of the {self.limit} steps before; "
                f"likely cause: {cause}; {last_good}"
            )


def likely_cause(embedded: Embedded, batch: Batch, corpus: Corpus, step: int) -> str:
    """Return why a loss is not finite, as far as the vectors tell."""
    for name, part in batch.parts.items():
        ids = [corpus.records[row].id for row in batch.rows[part.places.cpu().numpy()]]
        broken = [
            not bool(torch.isfinite(tensor).all()) for tensor in part.inputs if tensor.is_floating_point()
        ]
        if any(broken):
            return f"{name} inputs that are not finite, in the batch with the records {_few(ids)}"
        if not bool(torch.isfinite(embedded.vectors[name]).all()):
            early = "its pretrained weights, or " if step == 0 else ""
            return f"{early}too high a learning rate of the {name} encoder ({name}.learning_rate)"
    return "too high a learning rate, or too small a temperature for this precision (optimiser.precision)"


def _few(ids: list[str]) -> str:
    return ", ".join(ids[:3]) + (" …" if len(ids) > 3 else "")


def _statistics(network: nn.Module) -> list[Tensor]:
    return [buffer for buffer in network.buffers() if buffer.is_floating_point()]
