"""A bag of words and n-grams, hashed (Weinberger et al. 2009), each bucket with a learned vector (fastText)."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from training.networks.encoder import ModalityEncoder
from training.networks.heads import make_head
from training.networks.weighted_bags import as_tensors, bag_sum
from training.networks.words import bucket, character_ngrams, word_ngrams, words


class BagOfWordsEncoder(ModalityEncoder):
    """Words, runs of words and pieces of words into buckets; no vocabulary to learn or to keep.

    Args:
        dimension: of the space.
        buckets: more keep more n-grams apart, and take width * 4 bytes each.
        width: of the buckets' vectors.
        words_max: the longest runs of words.
        characters: shortest and longest pieces of words; (0, 0) for none.
        head: see `make_head`.
        characters_max: what follows is not read.
    """

    modality = "text"
    kind = "bag_of_words"

    def __init__(
        self,
        dimension: int,
        buckets: int = 1 << 15,
        width: int = 128,
        words_max: int = 2,
        characters: Sequence[int] = (3, 5),
        head: str = "linear",
        characters_max: int = 2000,
    ) -> None:
        super().__init__(dimension)
        self._options: dict[str, Any] = {
            "buckets": buckets, "width": width, "words_max": words_max, "characters": list(characters),
            "head": head, "characters_max": characters_max,
        }  # fmt: skip
        self.vectors = nn.Parameter(torch.randn(buckets, width) / math.sqrt(width))
        self.out = make_head(head, width, dimension)

    def prepare(self, raw: Sequence[str]) -> tuple[Tensor, ...]:
        """Return buckets int64 [B, T] and their weights [B, T], whose squares sum to 1."""
        return as_tensors([self._bag(text) for text in raw], self.device)

    def features(self, buckets: Tensor, weights: Tensor) -> Tensor:
        """Return the weighted sums [B, W] of the buckets' vectors."""
        return bag_sum(self.vectors, buckets, weights)

    def _bag(self, text: str) -> dict[int, float]:
        """Return sublinear counts by bucket: 1 + log(count), at length 1 (Manning et al. 2008, 6.4)."""
        found = words(text[: self._options["characters_max"]])
        ngrams = list(word_ngrams(found, self._options["words_max"]))
        shortest, longest = self._options["characters"]
        if longest:
            ngrams += [piece for word in found for piece in character_ngrams(word, shortest, longest)]
        counts = Counter(bucket(ngram, self._options["buckets"]) for ngram in ngrams)
        weights = {place: 1 + math.log(count) for place, count in counts.items()}
        length = math.hypot(*weights.values())
        return {place: weight / length for place, weight in weights.items()}

    def options(self) -> dict[str, Any]:
        """Return the arguments."""
        return dict(self._options)

    def facts(self) -> dict[str, str]:
        """Return how much of a text is read."""
        return {"characters_max": str(self._options["characters_max"])}
