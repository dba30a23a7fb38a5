"""Sums of word vectors that somebody trained: GloVe, word2vec (Arora et al. 2017, SIF)."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from training.errors import TrainingError
from training.files import write_whole
from training.networks.encoder import ModalityEncoder
from training.networks.heads import make_head
from training.networks.vector_files import WordVectors, read_word_vectors
from training.networks.weighted_bags import as_tensors, bag_sum
from training.networks.words import bucket, character_ngrams, words

WORDS_FILE = "words.txt"
WORDS_MAX = 50_000
CHARACTERS_MAX = 2000
_POOLINGS = ("sif", "mean")
_UNKNOWN = ("hashed", "skip")
# The paper's a: words more frequent than this count for little.
_SMOOTHING = 1e-3
_NGRAMS = (3, 5)


class WordVectorsEncoder(ModalityEncoder):
    """The weighted mean of the vectors of a text's words.

    Args:
        dimension: of the space.
        known: the words, in the order of the vectors.
        width: numbers per word vector.
        pooling: "sif" weighs frequent words down, "mean" does not.
        unknown: "hashed": words without a vector get a learned one from their pieces; "skip": they are not read.
        buckets: how many pieces are told apart.
        head: see `make_head`.
        frozen: whether the vectors read from the file stay as they are.
    """

    modality = "text"
    kind = "word_vectors"

    def __init__(
        self,
        dimension: int,
        known: Sequence[str],
        width: int,
        pooling: str = "sif",
        unknown: str = "hashed",
        buckets: int = 1 << 13,
        head: str = "linear",
        frozen: bool = True,
    ) -> None:
        super().__init__(dimension)
        if pooling not in _POOLINGS or unknown not in _UNKNOWN:
            raise TrainingError(
                f"pooling is one of {', '.join(_POOLINGS)}; unknown is one of {', '.join(_UNKNOWN)}"
            )
        self._options: dict[str, Any] = {
            "width": width, "pooling": pooling, "unknown": unknown, "buckets": buckets, "head": head, "frozen": frozen,
        }  # fmt: skip
        self._known = {word: number for number, word in enumerate(known)}
        self.vectors = nn.Parameter(torch.zeros(len(known), width), requires_grad=not frozen)
        self.pieces = nn.Parameter(torch.zeros(buckets if unknown == "hashed" else 1, width))
        self.weights = nn.Buffer(torch.ones(len(known)))
        self.common = nn.Buffer(torch.zeros(width))
        self.out = make_head(head, width, dimension)
        self.frozen = frozen and unknown == "skip"
        self.pieces.requires_grad_(unknown == "hashed")

    @classmethod
    def build(cls, dimension: int, options: Mapping[str, Any], corpus: Sequence[str]) -> Self:
        """Make an encoder of the vectors in the file `path`: the `words_max` first, and those of the corpus."""
        chosen = dict(options)
        path, words_max = chosen.pop("path", None), chosen.pop("words_max", WORDS_MAX)
        if path is None:
            raise TrainingError(
                "the text encoder word_vectors needs the option path: a GloVe or word2vec file"
            )
        counts = Counter(word for text in corpus for word in words(text))
        read = read_word_vectors(Path(path), words_max, counts)
        encoder = cls(dimension, read.words, read.vectors.shape[1], **chosen)
        encoder.vectors.data.copy_(torch.from_numpy(read.vectors))
        if encoder._options["pooling"] == "sif":
            encoder.weights.copy_(_SMOOTHING / (_SMOOTHING + _probabilities(read, counts)))
            encoder.learn_common(corpus)
        return encoder

    @classmethod
    def restore(cls, dimension: int, options: Mapping[str, Any], folder: Path) -> Self:
        """Make the encoder of the words in *folder*."""
        path = folder / WORDS_FILE
        try:
            return cls(dimension, path.read_text("utf-8").split("\n")[:-1], **options)
        except (OSError, ValueError) as error:
            raise TrainingError(f"{path} cannot be read: {error}") from error

    @torch.no_grad()
    def learn_common(self, corpus: Sequence[str]) -> None:
        """Set the direction that all texts share, which SIF takes away: the first singular vector of the corpus."""
        if len(corpus) > 1:
            means = self.features(*self.prepare(corpus[:10_000]))
            self.common.copy_(torch.linalg.svd(means, full_matrices=False).Vh[0])

    def prepare(self, raw: Sequence[str]) -> tuple[Tensor, ...]:
        """Return words int64 [B, T] and weights [B, T]; pieces of unknown words [B, P] and weights [B, P]."""
        bags = [self._bags(words(text[:CHARACTERS_MAX])) for text in raw]
        known, pieces = ([bag[at] for bag in bags] for at in (0, 1))
        return (*as_tensors(known, self.device), *as_tensors(pieces, self.device))

    def features(self, numbers: Tensor, weights: Tensor, pieces: Tensor, piece_weights: Tensor) -> Tensor:
        """Return weighted means [B, W], without what all texts share."""
        weights = weights * self.weights[numbers].to(weights.dtype)
        means = bag_sum(self.vectors, numbers, weights) + bag_sum(self.pieces, pieces, piece_weights)
        return means - (means @ self.common)[:, None] * self.common

    def _bags(self, found: Sequence[str]) -> tuple[dict[int, float], dict[int, float]]:
        """Return the shares of known words, and of the pieces of unknown ones."""
        hashed = self._options["unknown"] == "hashed"
        known: dict[int, float] = defaultdict(float)
        pieces: dict[int, float] = defaultdict(float)
        for word in found:
            if word in self._known:
                known[self._known[word]] += 1
            elif hashed:
                cut = list(character_ngrams(word, *_NGRAMS)) or [word]
                for piece in cut:
                    pieces[bucket(piece, self._options["buckets"])] += 1 / len(cut)
        total = sum(known.values()) + sum(pieces.values())
        return _shares(known, total), _shares(pieces, total)

    def options(self) -> dict[str, Any]:
        """Return the arguments, but for the words."""
        return dict(self._options)

    def facts(self) -> dict[str, str]:
        """Return how much of a text is read."""
        return {"characters_max": str(CHARACTERS_MAX)}

    def save_assets(self, folder: Path) -> None:
        """Write the words, one a line."""
        write_whole(folder / WORDS_FILE, "".join(f"{word}\n" for word in self._known).encode())


def _shares(counts: Mapping[int, float], total: float) -> dict[int, float]:
    return {number: count / total for number, count in counts.items()}


def _probabilities(read: WordVectors, counts: Counter[str]) -> Tensor:
    """Return how likely each word is [N]: as in the corpus, or by Zipf's law from its rank without one."""
    if counts:
        total = sum(counts.values())
        return torch.tensor([counts[word] / total for word in read.words])
    shares = 1 / (torch.tensor(read.ranks, dtype=torch.float32) + 1)
    return shares / shares.sum()
