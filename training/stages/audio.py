"""Stage 3: the audio encoder learns to hear what the text encoder reads in the transcript."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training import attributes, loop
from training.data.speech import batch
from training.losses.cosine import cosine
from training.losses.prototype import prototype
from training.networks.audio import AudioEncoder, compact_audio_encoder

# Batches of like length are cut from this many utterances at a time.
_POOL_BATCHES = 16
_MASKED_FRAMES_MAX = 12


def train_audio(
    *,
    frames: NDArray[Any],
    counts: NDArray[Any],
    transcripts: Tensor,
    named: Tensor,
    schedule: loop.Schedule,
    scale: float,
    seed: int,
) -> AudioEncoder:
    """Train towards the text vectors of the transcripts (distillation) and the prototypes of what they name.

    Args:
        frames: mean-free coefficients [N, T, 40], counts [N] of them valid.
        counts: valid frames of each utterance.
        transcripts: unit vectors [N, 256] of what is said, by the trained text encoder.
        named: codes [N, 4] of what is said.
        schedule: steps, batch size, rates.
        scale: of the cosines to prototypes before the softmax.
        seed: of batches and augmentation.
    """
    rng = np.random.default_rng(seed)
    network = compact_audio_encoder()
    batches = _batches_of_like_length(counts, schedule.batch, rng)

    def loss_of_step(_: int) -> Tensor:
        rows = next(batches)
        coefficients, present = batch(frames, counts, rows)
        vectors = network.project(network.features(masked(coefficients, rng), present))
        at = torch.from_numpy(rows)
        by_value = prototype(vectors, attributes.prototypes(), named[at], scale)
        return cosine(vectors, transcripts[at]) + by_value

    loop.run("audio", network, schedule, loss_of_step)
    return network


def masked(coefficients: Tensor, rng: np.random.Generator) -> Tensor:
    """Blank two short stretches of time (SpecAugment, Park et al. 2019) and add a little noise."""
    length = coefficients.shape[-1]
    for _ in range(2):
        start = int(rng.integers(length))
        coefficients[:, :, start : start + int(rng.integers(_MASKED_FRAMES_MAX))] = 0
    return coefficients + 0.05 * torch.randn_like(coefficients) * (coefficients != 0)


def _batches_of_like_length(
    counts: NDArray[Any], size: int, rng: np.random.Generator
) -> Iterator[NDArray[Any]]:
    while True:
        pool = rng.choice(len(counts), size=min(len(counts), size * _POOL_BATCHES), replace=False)
        ordered = pool[np.argsort(counts[pool], kind="stable")]
        cut = [ordered[at : at + size] for at in range(0, len(ordered) - size + 1, size)]
        yield from (cut[at] for at in rng.permutation(len(cut)))


@torch.inference_mode()
def embed_speech(
    network: AudioEncoder, frames: NDArray[Any], counts: NDArray[Any], size: int = 128
) -> Tensor:
    """Return unit vectors [N, 256] of mean-free coefficients [N, T, 40], in their order."""
    order = np.argsort(counts, kind="stable")
    vectors = torch.empty(len(counts), network.dimension)
    for at in range(0, len(order), size):
        rows = order[at : at + size]
        vectors[torch.from_numpy(rows)] = network.project(network.features(*batch(frames, counts, rows)))
    return vectors
