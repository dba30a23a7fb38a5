"""Finished vectors of every record and what is known about it: what fusion heads are trained and compared on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.contrastive.batch import Source
from training.contrastive.corpus import Corpus, Rows
from training.contrastive.embedding import embed_rows
from training.contrastive.recipe import FusionRecipe
from training.contrastive.space import SharedSpace
from training.data.records import MODALITIES, Record
from training.losses.prototype import NOT_NAMED
from training.networks.encoder import ModalityEncoder
from triptych.vocabulary.texts import normalised

_CHUNK = 256


@dataclass(frozen=True, eq=False)
class Bank:
    """N records with at least one vector each.

    Args:
        vectors: unit vectors [N, 3, D]: text, image, audio; zeros where absent.
        present: bool [N, 3].
        groups: int64 [N]; records of equal groups are the same product.
        codes: int64 [N, A], place of each attribute's value in *values*, -1 where it is not known.
        values: names of the attributes, and their values.
    """

    vectors: Tensor
    present: Tensor
    groups: Tensor
    codes: Tensor
    values: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.groups)

    def take(self, rows: Tensor) -> "Bank":
        """Return the bank of some rows."""
        return Bank(self.vectors[rows], self.present[rows], self.groups[rows], self.codes[rows], self.values)


@dataclass(frozen=True, eq=False)
class Phrases:
    """Words that name one value: unit vectors [W, D], and for each the attribute and value it names, int64 [W]."""

    vectors: Tensor
    attributes: Tensor
    values: Tensor


def make_bank(
    space: SharedSpace,
    corpus: Corpus,
    sources: Mapping[str, Source],
    rows: Rows,
    values: Mapping[str, tuple[str, ...]],
) -> Bank:
    """Encode *rows* of the corpus; *values* as `attribute_values` returns them."""
    dimension = space.prototypes.shape[1]
    vectors = torch.zeros(len(rows), len(MODALITIES), dimension)
    present = torch.zeros(len(rows), len(MODALITIES), dtype=torch.bool)
    for at, name in enumerate(MODALITIES):
        if name in sources:
            present[:, at] = torch.from_numpy(corpus.present[name][rows])
            vectors[present[:, at], at] = embed_rows(space, corpus, sources, rows, name)
    records = [corpus.records[row] for row in rows]
    return Bank(vectors, present, torch.from_numpy(corpus.groups[rows]), _codes(records, values), values)


def attribute_values(records: Sequence[Record]) -> dict[str, tuple[str, ...]]:
    """Return the attributes that any record has, and the values that they take, all sorted."""
    names = sorted({name for one in records for name in one.attributes})
    found = {name: {one.attributes[name] for one in records if name in one.attributes} for name in names}
    return {name: tuple(sorted(values)) for name, values in found.items()}


def make_phrases(encoder: ModalityEncoder | None, bank: Bank, recipe: FusionRecipe) -> Phrases:
    """Encode every way of saying every value of the attributes that words may change; none without a text encoder."""
    changing = set(recipe.changing or bank.values)
    named = [
        (normalised(template.format(name=name, value=value)), at, place)
        for at, (name, values) in enumerate(bank.values.items())
        if name in changing and len(values) > 1
        for place, value in enumerate(values)
        for template in recipe.phrases
    ]
    if encoder is None or not named:
        return Phrases(
            bank.vectors.new_zeros(0, bank.vectors.shape[2]), torch.empty(0).long(), torch.empty(0).long()
        )
    texts, attributes, values_of = zip(*named, strict=True)
    return Phrases(_encode(encoder, texts), torch.tensor(attributes), torch.tensor(values_of))


@torch.no_grad()
def _encode(encoder: ModalityEncoder, texts: Sequence[str]) -> Tensor:
    encoder.eval()
    chunks = [texts[at : at + _CHUNK] for at in range(0, len(texts), _CHUNK)]
    return torch.cat([encoder.encode(list(chunk)).float().cpu() for chunk in chunks])


def _codes(records: Sequence[Record], values: Mapping[str, tuple[str, ...]]) -> Tensor:
    places = {name: {value: at for at, value in enumerate(known)} for name, known in values.items()}
    codes = [
        [places[name].get(one.attributes.get(name, ""), NOT_NAMED) for name in values] for one in records
    ]
    return torch.tensor(codes, dtype=torch.int64).reshape(len(records), len(values))
