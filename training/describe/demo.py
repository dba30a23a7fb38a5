"""Train the demonstration pack's describer on its catalogue's own texts: `python -m training.describe.demo`.

The pack's image encoder stays as it is; products of the train split are learned, those of dev are described, and the
run fails when too few descriptions name category and colour rightly.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.data.cache import catalogue_digest
from training.data.pictures import pictures
from training.demo.items import Item, items
from training.demo.queries import queries
from training.demo.vocabulary import CATEGORIES, COLOURS
from training.describe.sentences import BEGIN, END, first_sentence, framed, train_sentence_tokeniser
from training.describe.train import DescriberRecipe, train_describer
from training.describe.write import write_describer
from training.networks.describer import Describer, DescriberShape
from training.networks.encoder import ModalityEncoder
from training.networks.registry import load_encoder

# Those that the image encoder was trained on.
VIEWS = 8
_WORDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "category": {name: value.english for name, value in CATEGORIES.items()},
    "colour": {name: (*value.adjectives, *value.phrases) for name, value in COLOURS.items()},
}
RIGHT_MIN = 0.90


def train(image: ModalityEncoder, folder: Path, recipe: DescriberRecipe) -> tuple[Describer, Tokenizer]:
    """Learn the first English sentence of each product's description, and its title, from several of its pictures."""
    known = [item for item in items() if item.split == "train"]
    seen = features(image, folder, [(item, view) for view in range(VIEWS) for item in known])
    texts = [first_sentence(item.description_en, recipe.words_max) for item in known]
    tokeniser = train_sentence_tokeniser(texts, recipe.vocabulary_max)
    shape = DescriberShape(features=seen.shape[1], vocabulary=tokeniser.get_vocab_size())
    sentences = framed(tokeniser, texts, shape.pieces_max).repeat(VIEWS, 1)
    return train_describer(seen, sentences, torch.arange(len(seen)), shape, recipe), tokeniser


@torch.inference_mode()
def features(image: ModalityEncoder, folder: Path, taken: Sequence[tuple[Item, int]]) -> Tensor:
    """Return the backbone's features [N, F] of rendered pictures."""
    seen = pictures(folder, taken, os.cpu_count() or 1)
    chunks = range(0, len(seen), 128)
    return torch.cat(
        [image.features(*image.prepare(torch.from_numpy(np.array(seen[at : at + 128])))) for at in chunks]
    )


def described(describer: Describer, tokeniser: Tokenizer, seen: Tensor) -> list[str]:
    """Return a sentence for each of the features [N, F]."""
    pieces, _ = describer.describe(seen, BEGIN, END)
    return [text.strip() for text in tokeniser.decode_batch(pieces)]


def is_right(sentence: str, item: Item) -> bool:
    """Whether the sentence names the item's category and colour, and no other ones."""
    return named_rightly(sentence, item, "category") and named_rightly(sentence, item, "colour")


def named_rightly(sentence: str, item: Item, attribute: str) -> bool:
    """Whether the sentence names the item's "category" or "colour", and no other one."""
    return named(sentence, _WORDS[attribute]) == {getattr(item, attribute)}


def named(sentence: str, words: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the values of which a word stands in the sentence; a longer word hides those inside it."""
    found: set[str] = set()
    left = sentence.lower()
    meanings = [(word, value) for value, called in words.items() for word in called]
    for word, value in sorted(meanings, key=lambda meaning: -len(meaning[0])):
        left, count = re.subn(rf"\b{re.escape(word.lower())}\b", " ", left)
        if count:
            found.add(value)
    return found


def figures(
    image: ModalityEncoder, describer: Describer, tokeniser: Tokenizer, folder: Path, split: str
) -> float:
    """Return the share of products of *split* whose description names category and colour rightly."""
    by_id = {item.id: item for item in items()}
    # The photos that shoppers send: views of their own, of products that no training has seen.
    taken = [(by_id[query.photo_of], query.photo_view) for query in queries(split, "photo")]
    sentences = described(describer, tokeniser, features(image, folder, taken))
    return float(np.mean([is_right(said, item) for said, (item, _) in zip(sentences, taken, strict=True)]))


def main() -> None:
    """Train, measure, write the model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pack", type=Path, default=Path("triton/model_repository"))
    parser.add_argument(
        "--cache", type=Path, default=Path("var/train-demo"), help="where rendered pictures are kept"
    )
    parser.add_argument("--report", choices=("dev", "test"), default="dev")
    arguments = parser.parse_args()
    recipe = DescriberRecipe()
    image = load_encoder(arguments.pack / "image_encoder" / "1")
    cache = arguments.cache / catalogue_digest()
    describer, tokeniser = train(image, cache, recipe)
    right = figures(image, describer, tokeniser, cache, arguments.report)
    print(f"category and colour right, {arguments.report}: {right:.3f}")
    if right < RIGHT_MIN:
        sys.exit(f"below {RIGHT_MIN}: nothing was written")
    facts = json.loads((arguments.pack / "pack.json").read_text())
    write_describer(
        arguments.pack / "describer",
        describer,
        tokeniser,
        image,
        pack=facts["name"],
        version=facts["version"],
    )
    print(json.dumps(asdict(recipe), indent=2))


if __name__ == "__main__":
    main()
