"""The model card that travels with a pack (Mitchell et al. 2019)."""

from collections.abc import Mapping
from typing import Any

from training.demo.items import items
from training.evaluate_demo import FUSIONS, MIXED, SINGLE
from training.networks.blocks import DIMENSION
from training.pack import LANGUAGES, PACK, VERSION
from training.packs.card import CHECKSUMS_HEAD, checksum_lines
from triptych.packs.pack import ModelEntry

_TEMPLATE = """# {pack} {version}

Text, picture, sound and fusion encoders into one space of {dimension} dimensions, languages {languages}.
Made by `make train-demo` from the generated demonstration catalogue alone: no data and no weights of others.

Licence: Apache-2.0, as the repository.

## Meant for

Showing and testing the suite on the demonstration catalogue.
Other pictures, words and voices give finite unit vectors, but the pack knows 30 kinds of products, 10 colours,
4 patterns, 4 materials, and synthetic voices only: for a shop, train or bring another pack.

## Models

| model | parameters | |
|---|---|---|
{models}

Each value of each attribute owns a fixed direction of the space; a text, picture or sound aims at the sum of the
directions of what it names or shows. So combinations that training never met are in place already.

## Figures

Precision at min(10, number of right products) on the *dev* split: 300 queries a row, all {products} products in
the index, combinations of attributes that training has never seen. Right = the category and all attributes named.

| query | in fused vectors | in text vectors | in image vectors |
|---|---|---|---|
{single}

Mixed queries by fusion, in fused vectors, all weights 1. *composed*: a photo and words that change one attribute
("this, but blue"). *photo_text_voice*: the same, and a voice that names the kind of product and another attribute.

| query | {fusions} |
|---|{bars}
{mixed}

## Recipe

{recipe}

{head}

{checksums}
"""


def model_card(
    models: Mapping[str, ModelEntry],
    figures: Mapping[str, float],
    recipe: Mapping[str, Any],
    checksums: Mapping[str, str],
) -> str:
    """Return the card of all *models* as Markdown: what it is, what it is for, how good, from what, and how to check it."""
    return _TEMPLATE.format(
        pack=PACK,
        version=VERSION,
        dimension=DIMENSION,
        languages=" and ".join(LANGUAGES),
        models="\n".join(
            f"| {name} | {entry.parameters:,} | {_WORDS[name]} |" for name, entry in models.items()
        ),
        products=len(items()),
        single="\n".join(_row(kind, [figures[f"{kind} in {space}"] for space in _SPACES]) for kind in SINGLE),
        fusions=" | ".join(FUSIONS),
        bars="---|" * len(FUSIONS),
        mixed="\n".join(_row(kind, [figures[f"{kind} by {one}"] for one in FUSIONS]) for kind in MIXED),
        recipe="\n".join(f"- {name}: {_value(value)}" for name, value in recipe.items()),
        head=CHECKSUMS_HEAD,
        checksums=checksum_lines(checksums),
    )


_WORDS = {
    "text_encoder": "A compact transformer over word pieces, pooled by attention.",
    "image_encoder": "A stem and residual stages, averaged over the picture.",
    "audio_encoder": "Mean-free MFCC, halving convolutions, transformer blocks, attentive pooling.",
    "fusion": "The learned heads of a pack, kept together in one file of weights.",
    "ranker": "Networks that put candidates in order by the features of the search.",
    "describer": "A picture to a sentence, word by word.",
    "transcriber": "Speech to words by a grammar; pocketsphinx brings the acoustic model.",
}
_SPACES = ("fused", "text", "image")


def _row(kind: str, values: list[float]) -> str:
    return f"| {kind} | " + " | ".join(f"{value:.3f}" for value in values) + " |"


def _value(value: Any) -> str:
    return (
        ", ".join(f"{key} {inner}" for key, inner in value.items()) if isinstance(value, dict) else str(value)
    )
