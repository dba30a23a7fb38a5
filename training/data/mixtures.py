"""Mixtures of parts as shoppers and shops send them, drawn from banks of vectors made once."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.attributes import VALUES
from training.losses.prototype import NOT_NAMED
from training.networks.fusion import MODALITIES

PARTS = 5
TEXT, IMAGE, AUDIO, PRODUCT = range(len(MODALITIES))
Code = tuple[int, ...]
_OPEN = NOT_NAMED
_VALUES_MAX = max(len(values) for values in VALUES.values())


@dataclass(frozen=True)
class Bank:
    """Vectors [N, 256] of one modality and the codes [N, 4] of what each one says or shows."""

    vectors: Tensor
    codes: Tensor


@dataclass(frozen=True)
class Part:
    """One row of the bank of its modality."""

    modality: int
    row: int
    negative: bool = False


@dataclass(frozen=True)
class Mixtures:
    """Vectors [B, 5, 256], weights [B, 5], modalities [B, 5] and codes [B, 5, 4]; weight 0 is no part."""

    vectors: Tensor
    weights: Tensor
    modalities: Tensor
    codes: Tensor


class MixtureSampler:
    """Draws mixtures whose meaning is a combination of the banks, never another one."""

    def __init__(self, banks: Sequence[Bank], seed: int) -> None:
        self.banks = list(banks)
        self._rng = random.Random(seed)
        self._rows: list[dict[Code, list[int]]] = [_by_code(bank.codes) for bank in banks]
        self._known = sorted(self._rows[IMAGE])
        known = set(self._known)
        self._neighbours = {code: [near for near in _changes(code) if near in known] for code in self._known}
        self._kinds: dict[Callable[[], list[Part]], int] = {
            self._product: 20,
            self._single: 15,
            self._changed: 35,
            self._agreeing: 18,
            self._without: 12,
        }

    def draw(self, count: int) -> Mixtures:
        """Return *count* mixtures."""
        kinds = self._rng.choices(list(self._kinds), list(self._kinds.values()), k=count)
        return self._packed([kind() for kind in kinds])

    def _product(self) -> list[Part]:
        """A product's text, its pictures, or both."""
        code = self._rng.choice(self._known)
        parts = self._find(TEXT, code) if self._rng.random() < 0.8 else []
        if not parts or self._rng.random() < 0.75:
            parts = parts + [part for _ in range(self._rng.randint(1, 3)) for part in self._find(IMAGE, code)]
        return parts

    def _single(self) -> list[Part]:
        modality = self._rng.choice((TEXT, IMAGE, AUDIO, PRODUCT))
        return [Part(modality, self._rng.randrange(len(self.banks[modality].codes)))]

    def _changed(self) -> list[Part]:
        """Something seen, words that change one attribute of it, now and then words that fit the change."""
        pictured = self._rng.choice(self._known)
        if not self._neighbours[pictured]:
            return self._agreeing()
        wanted = self._rng.choice(self._neighbours[pictured])
        changed = next(at for at, value in enumerate(wanted) if value != pictured[at])
        keep = 0.0 if self._rng.random() < 0.7 else 0.5
        parts = self._seen(pictured) + self._said(self._narrowed(wanted, {changed}, keep))
        if self._rng.random() < 0.35:
            parts += self._said(self._narrowed(wanted, {0}, 0.4))
        return parts

    def _agreeing(self) -> list[Part]:
        """Something seen and one or two partial descriptions of it."""
        code = self._rng.choice(self._known)
        parts = self._seen(code) if self._rng.random() < 0.8 else self._said(self._narrowed(code, {0}, 0.5))
        for _ in range(self._rng.randint(1, 2)):
            parts = parts + self._said(self._narrowed(code, set(), 0.6))
        return parts

    def _without(self) -> list[Part]:
        """Something seen or said, but not like this."""
        code = self._rng.choice(self._known)
        unwanted = self._rng.randrange(1, len(code))
        if self._rng.random() < 0.4:
            positive, value = self._seen(code), code[unwanted]
        else:
            kept = self._narrowed(code, {0}, 0.4)
            kept = tuple(_OPEN if at == unwanted else value for at, value in enumerate(kept))
            positive, value = self._said(kept), self._rng.choice(self._known)[unwanted]
        negative = self._said(tuple(value if at == unwanted else _OPEN for at in range(len(code))))
        if not positive:
            return self._single()
        return positive + [Part(part.modality, part.row, negative=True) for part in negative]

    def _seen(self, code: Code) -> list[Part]:
        return self._find(PRODUCT if self._rng.random() < 0.3 else IMAGE, code)

    def _said(self, code: Code) -> list[Part]:
        first, second = (TEXT, AUDIO) if self._rng.random() < 0.65 else (AUDIO, TEXT)
        return self._find(first, code) or self._find(second, code)

    def _find(self, modality: int, code: Code) -> list[Part]:
        rows = self._rows[modality].get(code)
        return [Part(modality, self._rng.choice(rows))] if rows else []

    def _narrowed(self, code: Code, always: set[int], share: float) -> Code:
        """Leave values open, except those of *always* and each other one with the chance *share*."""
        kept = tuple(
            value if at in always or self._rng.random() < share else _OPEN for at, value in enumerate(code)
        )
        return kept if set(kept) != {_OPEN} else (code[0], *kept[1:])

    def _packed(self, many: list[list[Part]]) -> Mixtures:
        vectors = torch.zeros(len(many), PARTS, self.banks[0].vectors.shape[1])
        weights, modalities = torch.zeros(len(many), PARTS), torch.zeros(len(many), PARTS, dtype=torch.int64)
        codes = torch.full((len(many), PARTS, self.banks[0].codes.shape[1]), _OPEN)
        for row, parts in enumerate(many):
            even = self._rng.random() < 0.6
            for at, part in enumerate(parts[:PARTS] or self._single()):
                bank = self.banks[part.modality]
                vectors[row, at], codes[row, at] = bank.vectors[part.row], bank.codes[part.row]
                modalities[row, at] = part.modality
                weights[row, at] = self._weight(part, even)
        return Mixtures(vectors, weights, modalities, codes)

    def _weight(self, part: Part, even: bool) -> float:
        size = 1.0 if even else 3 ** self._rng.uniform(-1, 1)
        return -size * self._rng.uniform(0.3, 1) if part.negative else size


def _by_code(codes: Tensor) -> dict[Code, list[int]]:
    rows: dict[Code, list[int]] = defaultdict(list)
    for row, code in enumerate(codes.tolist()):
        rows[tuple(code)].append(row)
    return dict(rows)


def _changes(code: Code) -> list[Code]:
    """Return all codes that differ from *code* in one attribute other than the category."""
    return [
        (*code[:at], value, *code[at + 1 :])
        for at in range(1, len(code))
        for value in range(_VALUES_MAX)
        if value != code[at]
    ]
