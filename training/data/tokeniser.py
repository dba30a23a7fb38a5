"""Word pieces for English and Chinese, made from the catalogue's own texts."""

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

from training.networks.text import PADDING, TOKENS_MAX

SPECIAL = ("[PAD]", "[UNK]", "[CLS]")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def train_tokeniser(texts: Iterable[str], vocabulary_max: int) -> Tokenizer:
    """Learn word pieces; each Chinese character is a word, and any Latin word can be spelt letter by letter."""
    tokeniser = Tokenizer(WordPiece(unk_token=SPECIAL[1]))
    tokeniser.normalizer = Normalisers([NFKC(), BertNormalizer(handle_chinese_chars=True, lowercase=True)])
    tokeniser.pre_tokenizer = BertPreTokenizer()
    # The letters once as words and once inside words, so that every spelling is in the alphabet.
    spelling = [*_LETTERS, *(f"{letter}{letter}" for letter in _LETTERS)]
    trainer = WordPieceTrainer(vocab_size=vocabulary_max, special_tokens=list(SPECIAL), show_progress=False)
    tokeniser.train_from_iterator([*texts, *spelling], trainer)
    return _framed(tokeniser)


def load_tokeniser(path: Path) -> Tokenizer:
    """Read a tokeniser whose file already says how to pad and truncate."""
    return Tokenizer.from_file(str(path))


def pieces(tokeniser: Tokenizer, texts: Sequence[str]) -> Tensor:
    """Return int64 piece ids [B, T], padded with 0; the first piece is always [CLS]."""
    return torch.tensor([encoding.ids for encoding in tokeniser.encode_batch(list(texts))])


def _framed(tokeniser: Tokenizer) -> Tokenizer:
    """Put [CLS] first, so that even an empty text has a piece, and pad and truncate batches."""
    first = SPECIAL[2]
    tokeniser.post_processor = TemplateProcessing(
        single=f"{first} $A", special_tokens=[(first, tokeniser.token_to_id(first))]
    )
    tokeniser.enable_padding(pad_id=PADDING, pad_token=SPECIAL[0])
    tokeniser.enable_truncation(TOKENS_MAX)
    return tokeniser
