"""Word pieces of any language, learned from the texts that they are for."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import NFKC, BertNormalizer
from tokenizers.normalizers import Sequence as Normalisers
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import WordPieceTrainer
from torch import Tensor

from training.errors import TrainingError

PADDING = 0
TOKENS_MAX = 96
SPECIAL = ("[PAD]", "[UNK]", "[CLS]")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def train_tokeniser(texts: Iterable[str], vocabulary_max: int, tokens_max: int = TOKENS_MAX) -> Tokenizer:
    """Learn word pieces; each Chinese character is a word, and any Latin word can be spelt letter by letter."""
    tokeniser = Tokenizer(WordPiece(unk_token=SPECIAL[1]))
    tokeniser.normalizer = Normalisers([NFKC(), BertNormalizer(handle_chinese_chars=True, lowercase=True)])
    tokeniser.pre_tokenizer = BertPreTokenizer()
    # The letters once as words and once inside words, so that every spelling is in the alphabet.
    spelling = [*_LETTERS, *(f"{letter}{letter}" for letter in _LETTERS)]
    trainer = WordPieceTrainer(vocab_size=vocabulary_max, special_tokens=list(SPECIAL), show_progress=False)
    tokeniser.train_from_iterator([*texts, *spelling], trainer)
    return _framed(tokeniser, tokens_max)


def load_tokeniser(path: Path) -> Tokenizer:
    """Read a tokeniser whose file already says how to pad and truncate.

    Raises:
        TrainingError: there is none.
    """
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:
        # The library raises bare Exceptions.
        raise TrainingError(f"{path} holds no tokeniser: {error}") from error


def pieces(tokeniser: Tokenizer, texts: Sequence[str]) -> Tensor:
    """Return int64 piece ids [B, T], padded with 0; the first piece is always [CLS]."""
    return torch.tensor([encoding.ids for encoding in tokeniser.encode_batch(list(texts))])


def _framed(tokeniser: Tokenizer, tokens_max: int) -> Tokenizer:
    """Put [CLS] first, so that even an empty text has a piece, and pad and truncate batches."""
    first = SPECIAL[2]
    tokeniser.post_processor = TemplateProcessing(
        single=f"{first} $A", special_tokens=[(first, tokeniser.token_to_id(first))]
    )
    tokeniser.enable_padding(pad_id=PADDING, pad_token=SPECIAL[0])
    tokeniser.enable_truncation(tokens_max)
    return tokeniser
