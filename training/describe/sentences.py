"""A catalogue's texts as sentences to learn: what a picture can be asked to say, and its word pieces."""

import re
from collections.abc import Iterable, Sequence

import torch
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.normalizers import NFC
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer
from torch import Tensor

from training.errors import TrainingError

PADDING, BEGIN, END = 0, 1, 2
SPECIAL = ("[PAD]", "[BEGIN]", "[END]")

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n+")


def first_sentence(text: str, words_max: int = 24) -> str:
    """Return the first sentence of *text*, at most *words_max* words of it: what says the most about a product."""
    sentence = _SENTENCE_END.split(text.strip(), maxsplit=1)[0]
    return " ".join(sentence.split()[:words_max])


def train_sentence_tokeniser(sentences: Iterable[str], vocabulary_max: int) -> Tokenizer:
    """Learn byte-level pieces (Radford et al. 2019): what they spell comes back exactly, in any language."""
    tokeniser = Tokenizer(BPE())
    tokeniser.normalizer = NFC()
    tokeniser.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokeniser.decoder = ByteLevelDecoder()
    trainer = BpeTrainer(
        vocab_size=vocabulary_max,
        special_tokens=list(SPECIAL),
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    tokeniser.train_from_iterator(sentences, trainer)
    return tokeniser


def framed(tokeniser: Tokenizer, sentences: Sequence[str], pieces_max: int) -> Tensor:
    """Return int64 pieces [N, pieces_max + 2]: begin, the sentence, end, then padding.

    Raises:
        TrainingError: there is no sentence, or one is empty.
    """
    if not sentences:
        raise TrainingError("no record has a text that a describer could learn from")
    rows = torch.full((len(sentences), pieces_max + 2), PADDING)
    for row, encoding in zip(rows, tokeniser.encode_batch(list(sentences)), strict=True):
        ids = encoding.ids[:pieces_max]
        if not ids:
            raise TrainingError("a text without any word cannot describe a picture")
        row[: len(ids) + 2] = torch.tensor([BEGIN, *ids, END])
    return rows
