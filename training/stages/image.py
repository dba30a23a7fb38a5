"""Stage 2: the image encoder learns to see what a text would name (locked-text tuning: Zhai et al. 2022)."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training import attributes, loop
from training.data.pictures import varied
from training.losses.cosine import cosine
from training.losses.multi_positive import multi_positive
from training.losses.prototype import prototype
from training.networks.image import ImageEncoder, compact_image_encoder

TEMPERATURE = 0.05


def train_image(
    *,
    seen: NDArray[Any],
    shown: Tensor,
    texts: Tensor,
    named: Tensor,
    schedule: loop.Schedule,
    scale: float,
    seed: int,
) -> ImageEncoder:
    """Train towards the prototypes, and towards the vectors of texts that the picture fulfils.

    Args:
        seen: uint8 pictures [N, H, W, 3].
        shown: codes [N, 4] of the product in each picture.
        texts: unit vectors [M, 256] of texts by the trained text encoder, which stays as it is.
        named: codes [M, 4] of what each text names.
        schedule: steps, batch size, rates.
        scale: of the cosines to prototypes before the softmax.
        seed: of batches and augmentation.
    """
    rng = np.random.default_rng(seed)
    network = compact_image_encoder()

    def loss_of_step(_: int) -> Tensor:
        rows = rng.integers(len(seen), size=schedule.batch)
        asked = torch.from_numpy(rng.integers(len(texts), size=2 * schedule.batch))
        vectors = network(torch.from_numpy(varied(seen[rows], rng)))
        codes = shown[torch.from_numpy(rows)]
        by_value = prototype(vectors, attributes.prototypes(), codes, scale)
        by_text = multi_positive(
            texts[asked] @ vectors.T, attributes.fulfils(named[asked], codes), TEMPERATURE
        )
        return cosine(vectors, attributes.targets(codes)) + by_value + 0.1 * by_text

    loop.run("image", network, schedule, loss_of_step)
    return network


@torch.inference_mode()
def embed_pictures(network: ImageEncoder, seen: NDArray[Any], batch: int = 128) -> Tensor:
    """Return unit vectors [N, 256] of uint8 pictures [N, H, W, 3]."""
    chunks = range(0, len(seen), batch)
    return torch.cat([network(torch.from_numpy(np.array(seen[at : at + batch]))) for at in chunks])
