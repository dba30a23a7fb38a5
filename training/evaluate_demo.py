"""How well a pack searches the demonstration catalogue: precision at min(10, right products) by kind of query.

    python -m training.evaluate_demo [--folder var/train-demo] [--split dev]

Every product of the catalogue is in the index; queries ask for products of one split.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from training.attributes import codes, fulfils
from training.data import pictures, speech
from training.data.cache import catalogue_digest
from training.data.texts import Said, attributes_of
from training.demo.items import Item, items
from training.demo.queries import Query, queries
from training.demo.voices import VOICES_BY_NAME
from training.demo.write import views
from training.metrics import precision
from training.networks.blocks import unit
from training.networks.fusion import weighted_sum
from training.pack import Pack, load_pack
from training.stages.audio import embed_speech
from training.stages.image import embed_pictures
from training.stages.text import embed_texts

SINGLE = ("text_en", "text_zh", "photo", "voice")
MIXED = ("composed", "photo_text_voice")
FUSIONS = ("concatenation", "weighted_sum", "bilinear", "learned")
_MODALITY = {"text": 0, "photo": 1, "voice": 2}


@dataclass(frozen=True)
class Index:
    """The vectors of all products by space, each [P, 256], and what the products are, codes [P, 4]."""

    spaces: Mapping[str, Tensor]
    codes: Tensor


def product_text(item: Item) -> str:
    """Return what the encoder reads of a product: its title and its description in both languages."""
    return f"{item.title_en}. {item.description_en} {item.title_zh}。{item.description_zh}"


def build_index(pack: Pack, catalogue: Sequence[Item], folder: Path, workers: int) -> Index:
    """Encode and fuse every product with the views that the catalogue shows of it."""
    taken = [(item, view) for item in catalogue for view in views(item)]
    seen = embed_pictures(pack.image, pictures.pictures(folder, taken, workers))
    owners = torch.tensor([at for at, item in enumerate(catalogue) for _ in views(item)])
    first = torch.tensor([view == 0 for _, view in taken])
    texts = embed_texts(pack.text, pack.tokeniser, [product_text(item) for item in catalogue])
    parts = torch.zeros(len(catalogue), 3, texts.shape[1])
    weights = torch.zeros(len(catalogue), 3)
    parts[:, 0], weights[:, :2] = texts, 1
    parts[:, 1] = seen[first]
    parts[owners[~first], 2] = seen[~first]
    # As the gateway does: the pictures of a product share the weight of one.
    weights[owners[~first], 1:] = 0.5
    modalities = torch.tensor([[0, 1, 1]]).expand(len(catalogue), 3)
    with torch.inference_mode():
        fused = pack.fusion.learned(parts, weights, modalities)
    named = codes([attributes_of(item) for item in catalogue])
    return Index({"fused": fused, "text": texts, "image": seen[first]}, named)


def encode_queries(pack: Pack, asked: Sequence[Query], folder: Path, workers: int) -> dict[str, Tensor]:
    """Return the vectors [Q, 256] of each kind of part that all *asked* queries have."""
    encoded: dict[str, Tensor] = {}
    if asked[0].photo_of:
        by_id = {item.id: item for item in items()}
        taken = [(by_id[query.photo_of], query.photo_view) for query in asked]
        encoded["photo"] = embed_pictures(pack.image, pictures.pictures(folder, taken, workers))
    if asked[0].text and asked[0].kind != "voice":
        encoded["text"] = embed_texts(pack.text, pack.tokeniser, [query.text for query in asked])
    if asked[0].voice:
        said = [
            speech.Utterance(Said(query.spoken or query.text, {}), VOICES_BY_NAME[query.voice])
            for query in asked
        ]
        encoded["voice"] = embed_speech(pack.audio, *speech.coefficients(folder, said, workers))
    return encoded


def fuse(pack: Pack, strategy: str, encoded: Mapping[str, Tensor]) -> Tensor:
    """Mix the parts of each query with equal weights."""
    vectors = torch.stack(list(encoded.values()), dim=1)
    weights = torch.ones(vectors.shape[:2])
    modalities = torch.tensor([[_MODALITY[part] for part in encoded]]).expand(weights.shape)
    if strategy == "weighted_sum":
        return unit(weighted_sum(vectors, weights))
    head: nn.Module = getattr(pack.fusion, strategy)
    with torch.inference_mode():
        mixed: Tensor = head(vectors, weights, modalities)
    return mixed


def evaluate(pack: Pack, split: str, folder: Path, workers: int) -> dict[str, float]:
    """Return precision by kind of query and space ("photo in fused") or fusion ("composed by learned")."""
    index = build_index(pack, items(), folder, workers)
    figures: dict[str, float] = {}

    def score(vectors: Tensor, space: str, wanted: Tensor) -> float:
        found = precision(vectors @ index.spaces[space].T, fulfils(wanted, index.codes))
        return round(float(found.mean()), 4)

    for kind in (*SINGLE, *MIXED):
        asked = queries(split, kind)
        wanted = codes([query.wanted for query in asked])
        encoded = encode_queries(pack, asked, folder, workers)
        for space in index.spaces if kind in SINGLE else ():
            (vectors,) = encoded.values()
            figures[f"{kind} in {space}"] = score(vectors, space, wanted)
        for strategy in FUSIONS if kind in MIXED else ():
            figures[f"{kind} by {strategy}"] = score(fuse(pack, strategy, encoded), "fused", wanted)
    return figures


def table(figures: Mapping[str, float]) -> str:
    """Return one line a figure."""
    return "\n".join(f"{name:36s} {value:.4f}" for name, value in figures.items())


def main() -> None:
    """Print the figures of a trained pack."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("var/train-demo"))
    parser.add_argument("--split", choices=("train", "dev", "test"), default="dev")
    arguments = parser.parse_args()
    cache = arguments.folder / catalogue_digest()
    print(table(evaluate(load_pack(arguments.folder), arguments.split, cache, os.cpu_count() or 1)))


if __name__ == "__main__":
    main()
