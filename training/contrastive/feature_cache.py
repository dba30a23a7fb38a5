"""Features of frozen backbones, computed once and kept: variant after variant, so that a stopped run goes on."""

import hashlib
import json
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.contrastive.batch import Source
from training.contrastive.corpus import Rows
from training.contrastive.gather import made_once
from training.files import whole
from training.networks.encoder import ModalityEncoder
from training.reporting import tracked

_CHUNK = 64


def cached_features(
    encoder: ModalityEncoder,
    source: Source,
    rows: Rows,
    *,
    variants: int,
    seed: int,
    cache: Path,
    digest: str,
) -> NDArray[np.float32]:
    """Return features float32 [variants, N, F] of *rows*; the first variant is unchanged, the others augmented.

    Args:
        encoder: whose backbone is frozen.
        source: of its inputs.
        rows: of the corpus.
        variants: how many.
        seed: of the augmentation.
        cache: folder of the files, one a variant.
        digest: names what the inputs are made from.
    """
    named = json.dumps(
        [encoder.kind, encoder.options(), digest, seed, _weights_digest(encoder)], sort_keys=True, default=str
    )
    name = hashlib.sha256(named.encode()).hexdigest()[:16]
    paths = [cache / f"features-{encoder.modality}-{name}-{variant}.npy" for variant in range(variants)]
    for variant, path in enumerate(paths):
        rng = np.random.default_rng([seed, variant]) if variant else None
        what = f"{encoder.modality} features, variant {variant + 1} of {variants}"
        made_once(path, partial(_save, path, encoder, source, rows, rng, what))
    return np.stack([np.load(path) for path in paths])


def _save(
    path: Path,
    encoder: ModalityEncoder,
    source: Source,
    rows: Rows,
    rng: np.random.Generator | None,
    what: str,
) -> None:
    computed = _compute(encoder, source, rows, rng, what)
    with whole(path) as partly, partly.open("wb") as file:
        np.save(file, computed)


@torch.no_grad()
def _compute(
    encoder: ModalityEncoder, source: Source, rows: Rows, rng: np.random.Generator | None, what: str
) -> NDArray[np.float32]:
    learning = encoder.training
    encoder.eval()
    chunks = [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
    features = [
        encoder.features(*(tensor.to(encoder.device) for tensor in source.inputs(chunk, rng)))
        .float()
        .cpu()
        .numpy()
        for chunk in tracked(chunks, len(chunks), what)
    ]
    encoder.train(learning)
    return np.concatenate(features)


def _weights_digest(encoder: ModalityEncoder) -> str:
    """Name the backbone's weights: another backbone of the same shape has other features."""
    hashed = hashlib.sha256()
    for name, tensor in encoder.state_dict().items():
        if not name.startswith("out."):
            hashed.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return hashed.hexdigest()
