"""A describer from a shop's own pictures and texts, for the image encoder of a pack that is there."""

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.data.dataset import Record
from training.data.loading import load_picture
from training.data.split import Shares, with_splits
from training.describe.sentences import BEGIN, END, first_sentence, framed, train_sentence_tokeniser
from training.describe.train import DescriberRecipe, loss, train_describer
from training.errors import TrainingError
from training.networks.describer import Describer, DescriberShape
from training.networks.encoder import ModalityEncoder
from training.networks.registry import load_encoder
from training.reporting import tracked
from training.triton_config import VERSION_FOLDER
from triptych.packs.pack import ENCODERS, Pack

_BATCH = 64
_EXAMPLES = 3
_DEV = Shares(dev=0.1, test=0)


@dataclass(frozen=True)
class Example:
    """What a describer says about a picture that it did not learn from, and what the catalogue says."""

    id: str
    said: str
    text: str


@dataclass(frozen=True, eq=False)
class OwnDescriber:
    """A describer with what it needs to be written.

    Args:
        describer, tokeniser: what was trained.
        image: the pack's encoder, whose features it reads.
        perplexity: how many word pieces it wavers between, on records kept aside; 1 is certainty.
        examples: some of these records.
    """

    describer: Describer
    tokeniser: Tokenizer
    image: ModalityEncoder
    perplexity: float
    examples: tuple[Example, ...]


def describe_own(records: Sequence[Record], pack: Pack, recipe: DescriberRecipe) -> OwnDescriber:
    """Learn the first sentence of each record's text from its picture; test records are left alone.

    Args:
        records: of a dataset; those without a picture or a text are passed over. A tenth is kept aside where the data
            has no dev split.
        pack: a sound pack that encodes pictures; its encoder stays as it is.
        recipe: how it learns.

    Raises:
        TrainingError: the pack encodes no pictures, there is nothing to learn from, or a picture cannot be read.
    """
    if "image" not in pack.modalities:
        raise TrainingError(
            f"pack {pack.id} encodes no pictures, and a describer reads what the image encoder sees"
        )
    useful = [one for one in records if one.image is not None and one.text and one.text.strip()]
    if len(useful) < 2:
        raise TrainingError(
            "a describer learns from records with a picture and a text; there are not two of them"
        )
    image = load_encoder(pack.folder / ENCODERS["image"] / VERSION_FOLDER)
    parts = with_splits(useful, recipe.seed, _DEV)
    train, dev = ([one for one in parts if one.split == split] for split in ("train", "dev"))
    texts = [first_sentence(one.text or "", recipe.words_max) for one in train]
    tokeniser = train_sentence_tokeniser(texts, recipe.vocabulary_max)
    seen = features(image, train)
    shape = DescriberShape(seen.shape[1], tokeniser.get_vocab_size())
    sentences = framed(tokeniser, texts, shape.pieces_max)
    describer = train_describer(seen, sentences, torch.arange(len(seen)), shape, recipe)
    perplexity, examples = _judged(describer, tokeniser, features(image, dev), dev, recipe.words_max)
    return OwnDescriber(describer, tokeniser, image, perplexity, examples)


@torch.inference_mode()
def features(image: ModalityEncoder, records: Sequence[Record]) -> Tensor:
    """Return the backbone's features [N, F] of the records' pictures, prepared as the encoder service does."""
    facts = image.facts()
    load = partial(
        load_picture, height_px=int(facts["height"]), width_px=int(facts["width"]), resize=facts["resize"]
    )
    paths = [one.image or Path() for one in records]
    chunks = [paths[at : at + _BATCH] for at in range(0, len(paths), _BATCH)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        made = [
            image.features(*image.prepare(torch.from_numpy(np.stack(list(pool.map(load, chunk))))))
            for chunk in tracked(chunks, len(chunks), "looking at pictures")
        ]
    return torch.cat(made).float()


@torch.inference_mode()
def _judged(
    describer: Describer, tokeniser: Tokenizer, seen: Tensor, dev: Sequence[Record], words_max: int
) -> tuple[float, tuple[Example, ...]]:
    texts = [first_sentence(one.text or "", words_max) for one in dev]
    wavering = loss(describer, seen, framed(tokeniser, texts, describer.shape.pieces_max), smoothing=0.0)
    pieces, _ = describer.describe(seen[:_EXAMPLES], BEGIN, END)
    said = [text.strip() for text in tokeniser.decode_batch(pieces)]
    examples = (Example(one.id, *pair) for one, *pair in zip(dev, said, texts, strict=False))
    return math.exp(wavering.item()), tuple(examples)
