"""Mixtures to learn fusion from: parts of a product that name it, and a product with words that change it."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.contrastive.corpus import Rows
from training.contrastive.fusion_bank import Bank, Phrases
from training.losses.prototype import NOT_NAMED
from training.networks.fusion import MODALITIES

TEXT, IMAGE, AUDIO, PRODUCT = range(len(MODALITIES))
Fuse = Callable[[Tensor, Tensor, Tensor], Tensor]
# Places of a mixture: up to three parts of a product, an already fused product, the changing words.
_PRODUCT_PLACE, _WORDS_PLACE, PLACES = 3, 4, 5
_PLACE_MODALITIES = (TEXT, IMAGE, AUDIO, PRODUCT, TEXT)
# Like the shoppers of the demonstration: mostly even weights, else within a factor of three.
_EVEN_SHARE, _WEIGHT_RATIO_MAX = 0.6, 3.0
# A composed query starts from a picture, now and then from an already fused product.
_FROM_PRODUCT_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class Mixtures:
    """Vectors [B, 5, D], weights [B, 5] (0: no part), modalities [B, 5]."""

    vectors: Tensor
    weights: Tensor
    modalities: Tensor

    @property
    def parts(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return what a fusion head takes."""
        return self.vectors, self.weights, self.modalities


@dataclass(frozen=True, eq=False)
class Lesson:
    """Queries [B] and candidates [C], and bool [B, C] which of them are right; kinds int64 [C] as of `kinds_of`."""

    queries: Mixtures
    candidates: Mixtures
    right: Tensor
    kinds: Tensor


class LessonSampler:
    """Draws lessons from a bank.

    Args:
        bank: vectors of the train records.
        phrases: words for single values; may be empty.
        composed_share: share of queries that are a product and changing words.
        seed: of everything drawn.
    """

    def __init__(self, bank: Bank, phrases: Phrases, composed_share: float, seed: int) -> None:
        self._bank, self._phrases = bank, phrases
        self._rng = np.random.default_rng(seed)
        self._mates = _rows_by_group(bank)
        self._changes = changes(bank, phrases)
        self._sources = sorted(self._changes)
        self._composed_share = composed_share if self._sources else 0.0
        self.products: Tensor | None = None

    def draw(self, count: int) -> Lesson:
        """Return a lesson of *count* queries."""
        composed = int(self._rng.binomial(count, self._composed_share))
        asked = self._rng.integers(len(self._bank), size=count - composed)
        mates = np.array(
            [self._rng.choice(self._mates[int(self._bank.groups[row])]) for row in asked], np.int64
        )
        sources, targets, words = self._changed(composed)
        queries = joined(self._some_parts(torch.from_numpy(asked)), self._composed(sources, words))
        # The unchanged products stand among the candidates: they are the hard negatives of composed queries.
        shown = torch.from_numpy(np.concatenate([mates, targets, sources]))
        present = self._thinned(shown)
        candidates = mixtures_of(self._bank.take(shown), present)
        right = self._right(torch.from_numpy(np.concatenate([mates, targets])), composed, shown)
        return Lesson(queries, candidates, right, kinds_of(present))

    def _right(self, wanted: Tensor, composed: int, shown: Tensor) -> Tensor:
        """Return bool [B, C]: a plain query wants its group, a composed one all that have the wanted values."""
        groups, codes = self._bank.groups, self._bank.codes
        same = groups[wanted][:, None] == groups[shown][None]
        if composed:
            plain = len(wanted) - composed
            known = (codes[wanted[plain:]] != NOT_NAMED)[:, None]
            alike = ((codes[wanted[plain:]][:, None] == codes[shown][None]) | ~known).all(-1)
            same = torch.cat([same[:plain], alike])
        return same

    def _changed(self, count: int) -> tuple[Rows, Rows, Rows]:
        """Return source rows, target rows and phrases, int64 [count] each."""
        drawn = [self._change(int(row)) for row in self._choose(self._sources, count)]
        table = np.array(drawn, np.int64).reshape(count, 3)
        return table[:, 0], table[:, 1], table[:, 2]

    def _change(self, source: int) -> tuple[int, int, int]:
        options = self._changes[source]
        attribute, value, targets = options[self._rng.integers(len(options))]
        says = (self._phrases.attributes == attribute) & (self._phrases.values == value)
        return source, int(self._rng.choice(targets)), int(self._rng.choice(np.flatnonzero(says.numpy())))

    def _choose(self, rows: list[int], count: int) -> Rows:
        return self._rng.choice(rows, size=count) if count else np.empty(0, np.int64)

    def _some_parts(self, rows: Tensor) -> Mixtures:
        """Return mixtures of any non-empty subset of a product's parts, with uneven weights now and then."""
        mixtures = mixtures_of(self._bank.take(rows), self._thinned(rows, whole_share=0.25))
        return self._reweighted(mixtures)

    def _composed(self, sources: Rows, words: Rows) -> Mixtures:
        bank = self._bank.take(torch.from_numpy(sources))
        pictures = bank.present.clone()
        # Words change what is seen or heard; only a product without either stands for itself by its text.
        pictures[:, TEXT] &= ~pictures[:, IMAGE:].any(dim=1)
        mixtures = mixtures_of(bank, pictures)
        vectors, weights = mixtures.vectors.clone(), mixtures.weights.clone()
        if self.products is not None and len(sources):
            fused = torch.from_numpy(self._rng.random(len(sources)) < _FROM_PRODUCT_SHARE)
            weights[fused] = 0
            weights[fused, _PRODUCT_PLACE] = 1
            vectors[:, _PRODUCT_PLACE] = self.products[torch.from_numpy(sources)]
        seen = Mixtures(vectors, weights, mixtures.modalities)
        return self._reweighted(with_words(seen, self._phrases.vectors[torch.from_numpy(words)]))

    def _reweighted(self, mixtures: Mixtures) -> Mixtures:
        shape = mixtures.weights.shape
        sizes = _WEIGHT_RATIO_MAX ** self._rng.uniform(-1, 1, size=shape)
        sizes[self._rng.random(shape[0]) < _EVEN_SHARE] = 1.0
        weights = mixtures.weights * torch.from_numpy(sizes).to(mixtures.weights)
        return Mixtures(mixtures.vectors, weights, mixtures.modalities)

    def _thinned(self, rows: Tensor, whole_share: float = 0.5) -> Tensor:
        """Return bool [n, 3]: what is present less what modality dropout takes; at least one part stays."""
        present = self._bank.present[rows]
        keys = torch.from_numpy(self._rng.random(tuple(present.shape))).masked_fill(~present, -1.0)
        whole = torch.from_numpy(self._rng.random(len(rows)) < whole_share)
        kept = present & (whole[:, None] | (keys > 0.5))
        kept[torch.arange(len(rows)), keys.argmax(dim=1)] = True
        return kept


def changes(bank: Bank, phrases: Phrases) -> dict[int, list[tuple[int, int, list[int]]]]:
    """Return for each row what words can change it to: (attribute, value, rows equal but for that value)."""
    rows_of: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for row, code in enumerate(bank.codes.tolist()):
        rows_of[tuple(code)].append(row)
    sayable = sorted(set(zip(phrases.attributes.tolist(), phrases.values.tolist(), strict=True)))
    found: dict[int, list[tuple[int, int, list[int]]]] = {}
    for code, rows in rows_of.items():
        options = []
        for attribute, value in sayable:
            wanted = (*code[:attribute], value, *code[attribute + 1 :])
            if code[attribute] not in {value, NOT_NAMED} and wanted in rows_of:
                options.append((attribute, value, rows_of[wanted]))
        if options:
            found |= dict.fromkeys(rows, options)
    return found


def mixtures_of(bank: Bank, present: Tensor) -> Mixtures:
    """Return products as mixtures of the parts in *present* [n, 3], with even weights."""
    rows, _, dimension = bank.vectors.shape
    vectors = torch.zeros(rows, PLACES, dimension)
    vectors[:, : bank.vectors.shape[1]] = bank.vectors
    weights = torch.zeros(rows, PLACES)
    weights[:, : present.shape[1]] = present.float()
    return Mixtures(vectors, weights, torch.tensor(_PLACE_MODALITIES).expand(rows, PLACES))


def query_vectors(fuse: Fuse, mixtures: Mixtures) -> Tensor:
    """Return unit vectors [n, D] of queries; one of a single part is that part, which the gateway sends past fusion."""
    there = mixtures.weights != 0
    alone = (mixtures.vectors * there[..., None]).sum(dim=1)
    return torch.where((there.sum(dim=1) == 1)[:, None], alone, fuse(*mixtures.parts))


def with_words(mixtures: Mixtures, words: Tensor) -> Mixtures:
    """Return the mixtures with one more part of weight 1: the vectors of words [n, D]."""
    vectors, weights = mixtures.vectors.clone(), mixtures.weights.clone()
    vectors[:, _WORDS_PLACE] = words
    weights[:, _WORDS_PLACE] = 1
    return Mixtures(vectors, weights, mixtures.modalities)


def joined(one: Mixtures, other: Mixtures) -> Mixtures:
    """Return the rows of both, one after the other."""
    return Mixtures(*(torch.cat(pair) for pair in zip(one.parts, other.parts, strict=True)))


def kinds_of(present: Tensor) -> Tensor:
    """Return int64 [n]: a number for each set of modalities."""
    return (present.long() * torch.tensor([1, 2, 4])).sum(dim=1)


def _rows_by_group(bank: Bank) -> dict[int, list[int]]:
    rows: dict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(bank.groups.tolist()):
        rows[group].append(row)
    return rows
