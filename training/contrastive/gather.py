"""Several processes as one: vectors are gathered with their gradients, so that the loss is that of the whole batch.

Started by torchrun, each process encodes its share of a batch and gathers the others' vectors. Every process then
computes the same loss. The backward pass multiplies with the number of processes and gradients are averaged after
it: what only one process computed (encoders) is summed, what all computed alike (temperature, prototypes) is kept.
"""

import os
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed, nn

from training.errors import TrainingError

# Process 0 may compute the features of a large catalogue, or its dev figures, while the others wait.
_WAIT_MAX = timedelta(hours=6)


def world() -> tuple[int, int]:
    """Return this process's number and how many there are; (0, 1) when there is only one."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def is_first_process() -> bool:
    """Return whether this is process 0, also before the processes have joined."""
    return int(os.environ.get("RANK", "0")) == 0


def join_world() -> torch.device:
    """Join the processes that torchrun started, and return the device of this one.

    Raises:
        TrainingError: there are GPUs, but not one for each process of this machine.
    """
    cuda = torch.cuda.is_available()
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if cuda and local >= torch.cuda.device_count():
        raise TrainingError(
            f"each process needs a GPU of its own, and this machine has {torch.cuda.device_count()}: start so many, "
            'or set CUDA_VISIBLE_DEVICES="" to compute on processors'
        )
    device = torch.device("cuda", local) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not distributed.is_initialized():
        distributed.init_process_group("nccl" if cuda else "gloo", timeout=_WAIT_MAX)
    return device


def leave_world() -> None:
    """Leave the group of processes, if there is one."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, own: Tensor) -> Tensor:
        rank, size = world()
        context.rank, context.size, context.rows = rank, size, len(own)
        parts = [torch.empty_like(own) for _ in range(size)]
        distributed.all_gather(parts, own.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        start = context.rank * context.rows
        own: Tensor = gradients[0][start : start + context.rows] * context.size
        return own


def gathered(own: Tensor) -> Tensor:
    """Return the rows [b, ...] of all processes one after the other [B, ...]; each must have as many."""
    if world()[1] == 1:
        return own
    if own.dtype == torch.bool:
        return gathered(own.to(torch.uint8)).bool()
    together: Tensor = _Gather.apply(own)  # type: ignore[no-untyped-call]
    return together


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Average the gradients over the processes; where one has none, it counts as zero."""
    size = world()[1]
    if size == 1:
        return
    learned = list(parameters)
    flat = torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).flatten() for p in learned])
    distributed.all_reduce(flat)
    flat /= size
    at = 0
    for parameter in learned:
        parameter.grad = flat[at : at + parameter.numel()].view_as(parameter).clone()
        at += parameter.numel()


def same_everywhere(value: Any) -> Any:
    """Return what process 0 has."""
    if world()[1] == 1:
        return value
    box = [value]
    distributed.broadcast_object_list(box, src=0)
    return box[0]


def made_once(path: Path, make: Callable[[], None]) -> None:
    """Let one process of each machine make the file *path*, where it is not there yet; the others wait for it."""
    if int(os.environ.get("LOCAL_RANK", "0")) == 0 and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        make()
    wait_for_all()


def wait_for_all() -> None:
    """Wait until every process has come here."""
    if world()[1] > 1:
        distributed.barrier()
