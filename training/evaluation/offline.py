"""Searches with the networks of a pack, in this process, comparing with every product."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from training.data.dataset import Record
from training.data.loading import load_picture, load_sound
from training.errors import TrainingError
from training.evaluation.answers import DEPTH, Answer, without
from training.evaluation.queries import Query
from training.networks.blocks import unit
from training.networks.encoder import ModalityEncoder
from training.networks.fusion import FusionHeads, weighted_sum
from training.networks.registry import load_encoder
from training.packs.fusion import load_fusion
from triptych.packs.pack import ENCODERS, read_pack
from triptych.vocabulary.texts import normalised

Item = TypeVar("Item")
Progress = Callable[[str, int, int], None]

BATCH = 64
_MODALITY_NUMBERS = {"text": 0, "image": 1, "audio": 2}


class OfflineSearch:
    """The pack in *folder*, searched by brute force.

    Args:
        folder: a verified pack.
        modalities: those that are used, of products and queries.
        progress: is told (what, done, of how many).
    """

    def __init__(self, folder: Path, modalities: Sequence[str], progress: Progress = lambda *_: None) -> None:
        self.encoders: Mapping[str, ModalityEncoder] = {
            modality: load_encoder(folder / ENCODERS[modality] / "1")
            for modality in read_pack(folder).modalities
            if modality in modalities
        }
        fusion = folder / "fusion" / "1"
        self.fusion: FusionHeads | None = load_fusion(fusion) if fusion.is_dir() else None
        self._progress = progress
        self._encoded: dict[tuple[str, object], Tensor] = {}

    def answers(self, products: Sequence[Record], queries: Sequence[Query]) -> list[Answer]:
        """Return what is found for each query."""
        self._encode_all([*products, *queries])
        spaces = {space: self._space(products, space) for space in {query.space for query in queries}}
        return [self._answer(query, *spaces[query.space]) for query in queries]

    def _space(self, products: Sequence[Record], space: str) -> tuple[list[str], Tensor]:
        """Return ids and vectors [P, D] of the products that have a vector in *space*."""
        if space != "fused":
            having = [product for product in products if space in product.modalities]
            vectors = [self._encoded[space, getattr(product, space)] for product in having]
        else:
            having = [product for product in products if self._modalities(product)]
            vectors = [self._mix(product, {}, "learned") for product in having]
        if not having:
            raise TrainingError(f"no product has anything that this pack could search in {space} vectors")
        # By id, as the index does among products that are equally near.
        order = sorted(range(len(having)), key=lambda at: having[at].id)
        return [having[at].id for at in order], torch.stack([vectors[at] for at in order])

    def _answer(self, query: Query, ids: Sequence[str], vectors: Tensor) -> Answer:
        scores = (vectors @ self._mix(query, query.weights, query.fusion)).double().numpy()
        order = np.argsort(-scores, kind="stable")[:DEPTH]
        found = Answer(tuple(ids[at] for at in order), tuple(float(scores[at]) for at in order))
        return without(found, query.excluded)

    def _modalities(self, item: Record | Query) -> list[str]:
        return [name for name in item.modalities if name in self.encoders]

    def _mix(self, item: Record | Query, weights: Mapping[str, float], fusion: str) -> Tensor:
        """Return the vector [D] of one part, or of several mixed, as the gateway and the fusion room do."""
        names = self._modalities(item)
        if not names:
            raise TrainingError(f"query {item.id}: this pack encodes {', '.join(self.encoders)} only")
        parts = torch.stack([self._encoded[name, getattr(item, name)] for name in names])
        if len(names) == 1:
            return parts[0]
        shares = torch.tensor([[weights.get(name, 1.0) for name in names]])
        with torch.inference_mode():
            if self.fusion is None or fusion == "weighted_sum":
                return unit(weighted_sum(parts[None], shares))[0]
            numbers = torch.tensor([[_MODALITY_NUMBERS[name] for name in names]])
            mixed: Tensor = getattr(self.fusion, fusion)(parts[None], shares, numbers)[0]
        return mixed

    def _encode_all(self, items: Sequence[Record | Query]) -> None:
        """Encode whatever was not encoded before."""
        for modality, encoder in self.encoders.items():
            contents = dict.fromkeys(
                content for item in items if (content := getattr(item, modality)) is not None
            )
            missing = [content for content in contents if (modality, content) not in self._encoded]
            done = 0
            for chunk in _chunks(missing, BATCH):
                vectors = _encode(encoder, modality, chunk)
                self._encoded.update(zip(((modality, each) for each in chunk), vectors, strict=True))
                done += len(chunk)
                self._progress(f"encoding {modality}", done, len(missing))


@torch.inference_mode()
def _encode(encoder: ModalityEncoder, modality: str, contents: Sequence[Any]) -> Tensor:
    """Return unit vectors [N, D] on the CPU."""
    return encoder.encode(_raw(encoder, modality, contents)).float().cpu()


def _raw(encoder: ModalityEncoder, modality: str, contents: Sequence[Any]) -> object:
    """Return contents as `ModalityEncoder.prepare` takes them."""
    facts = encoder.facts()
    if modality == "text":
        return [normalised(text) for text in contents]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        if modality == "image":
            height, width = int(facts["height"]), int(facts["width"])
            pictures = pool.map(lambda path: load_picture(path, height, width, facts["resize"]), contents)
            return torch.from_numpy(np.stack([*pictures]))
        rate_hz, seconds_max = int(facts["sample_rate_hz"]), float(facts["seconds_max"])
        sounds = [*pool.map(lambda path: load_sound(path, rate_hz, seconds_max), contents)]
    padded = np.zeros((len(sounds), max(sound.size for sound in sounds)), np.float32)
    for row, sound in zip(padded, sounds, strict=True):
        row[: sound.size] = sound
    return torch.from_numpy(padded), torch.tensor([sound.size for sound in sounds])


def _chunks(items: Iterable[Item], size: int) -> Iterable[list[Item]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
